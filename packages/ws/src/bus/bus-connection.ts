import { now } from 'corral'
import { atTurnEnd } from '../output/turn.ts'
import type { TurnJob } from '../output/turn.ts'
import type { RoomMessage } from '../room/room-message.ts'
import type { Bus } from './bus.ts'
import { decodeBusMessage, encodeBusMessage } from './bus-message.ts'
import { RoomLink } from './room-link.ts'
import type { LinkOwner } from './room-link.ts'

/** How often the link gets a tick, in milliseconds. */
const TICK = 100

/** A room on its bus: what it sends in one turn travels as one bus message. */
export class BusConnection implements TurnJob, Disposable {
  readonly #bus: Bus
  readonly #topic: string
  readonly #link: RoomLink
  readonly #subscription: Disposable
  readonly #timer: NodeJS.Timeout
  #batch: RoomMessage[] = []

  constructor(bus: Bus, room: string, gapTimeout: number, owner: Omit<LinkOwner, 'publish'>) {
    this.#bus = bus
    this.#topic = `corral.room.${encodeURIComponent(room).replaceAll(/[.*]/g, (one) => `%${one.charCodeAt(0).toString(16)}`)}`
    const publish: LinkOwner['publish'] = (message) =>
      bus.publish(this.#topic, encodeBusMessage(message))
    const { epoch, log } = owner
    this.#link = new RoomLink(
      {
        epoch,
        log,
        deliver: (message) => owner.deliver(message),
        lost: (of, offset) => owner.lost(of, offset),
        ready: () => owner.ready(),
        publish,
      },
      gapTimeout,
      now(),
    )
    this.#subscription = bus.subscribe(this.#topic, {
      connected: () => this.#link.connected(now()),
      message: (text) => {
        const message = decodeBusMessage(text)
        if (message !== undefined) this.#link.receive(message, now())
      },
    })
    this.#timer = setInterval(() => this.#link.tick(now()), TICK).unref()
  }

  publish(message: RoomMessage): void {
    if (this.#batch.push(message) === 1) atTurnEnd(this)
  }

  endTurn(): void {
    const messages = this.#batch
    this.#batch = []
    this.#bus.publish(this.#topic, encodeBusMessage({ op: 'messages', messages }))
  }

  [Symbol.dispose](): void {
    if (this.#batch.length > 0) this.endTurn()
    clearInterval(this.#timer)
    this.#subscription[Symbol.dispose]()
  }
}
