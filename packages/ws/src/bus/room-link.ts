import { randomUUID } from 'node:crypto'
import type { RoomLog } from '../room/room-log.ts'
import type { BusMessage, CarriedMessage } from './bus-message.ts'
import { Gap } from './gap.ts'

/** How long to wait for the first answer of another process, in milliseconds. */
const SYNC_TIMEOUT = 500
/** How long to wait for a bus that does not connect. */
const CONNECT_TIMEOUT = 3000
/** How often this process announces its position: while it sends, and when it is quiet. */
const BEAT = 500
const QUIET_BEAT = 5000

/** The room, and the bus, as the link uses them. */
export interface LinkOwner {
  readonly epoch: string
  readonly log: RoomLog
  /** The next message of another process. */
  deliver(message: CarriedMessage): void
  /** Messages of another process are lost: it continues after `offset`. */
  lost(epoch: string, offset: number): void
  /** The history of other processes has arrived. */
  ready(): void
  publish(message: BusMessage): void
}

/**
 * Links a room with those of other processes over a bus that may lose messages. Each publisher numbers its messages; a
 * missing number is requested, and if no process has it, members are notified. All decisions are made here,
 * synchronously; time advances through `tick`.
 */
export class RoomLink {
  readonly #owner: LinkOwner
  readonly #gapTimeout: number
  readonly #gaps = new Map<string, Gap>()
  readonly #id = randomUUID()
  /** What arrives before the state does. */
  #early: CarriedMessage[] | undefined = []
  #deadline: number
  #beatAt = 0
  #sentAt = 0
  #beatPositions = ''

  constructor(owner: LinkOwner, gapTimeout: number, now: number) {
    this.#owner = owner
    this.#gapTimeout = gapTimeout
    this.#deadline = now + CONNECT_TIMEOUT
  }

  /** Whether the history of the others has arrived. */
  get ready(): boolean {
    return this.#early === undefined
  }

  /** The bus is connected, for the first time or again: something may have been lost. */
  connected(now: number): void {
    if (this.#early !== undefined) this.#deadline = now + SYNC_TIMEOUT
    this.#owner.publish({ op: 'sync', id: this.#id, positions: this.#owner.log.positions() })
  }

  receive(message: BusMessage, now: number): void {
    switch (message.op) {
      case 'messages':
        for (const carried of message.messages) this.#accept(carried, now)
        return
      case 'positions':
        this.#compare(message.positions, now)
        return
      case 'want':
        this.#answer(message.epoch, message.from, message.to)
        return
      case 'sync':
        if (message.id !== this.#id) this.#sendState(message, now)
        return
      case 'state':
        if (message.to === this.#id) this.#takeState(message, now)
        return
      default:
    }
  }

  /** Time has passed: gives up on gaps, and announces this process's position. */
  tick(now: number): void {
    if (this.#early !== undefined && now >= this.#deadline) this.#becomeReady(now)
    for (const [epoch, gap] of this.#gaps) {
      if (now >= gap.deadline) this.#skip(epoch, gap, now)
      else if (gap.shouldAsk(now)) this.#ask(epoch, gap)
    }
    this.#beat(now)
  }

  /** Announced often while something is new, so that the loss of a last message is detected. */
  #beat(now: number): void {
    if (now < this.#beatAt) return
    const positions = this.#owner.log.positions()
    const text = JSON.stringify(positions)
    if (text !== this.#beatPositions) this.#sentAt = now
    this.#beatPositions = text
    this.#beatAt = now + (now - this.#sentAt < QUIET_BEAT ? BEAT : QUIET_BEAT)
    this.#owner.publish({ op: 'positions', positions })
  }

  #accept(carried: CarriedMessage, now: number): void {
    if (this.#early !== undefined) {
      this.#early.push(carried)
      return
    }
    const { epoch, offset } = carried
    const { log } = this.#owner
    if (epoch === this.#owner.epoch) return
    log.begin(epoch, offset)
    const last = log.last(epoch) as number
    if (offset <= last) return
    if (offset === last + 1) {
      this.#owner.deliver(carried)
      this.#goOn(epoch, now)
      return
    }
    this.#gap(epoch, offset - 1, now).hold(carried)
  }

  /** After a missing message has arrived: delivers those held behind it. */
  #goOn(epoch: string, now: number): void {
    const gap = this.#gaps.get(epoch)
    if (gap === undefined) return
    const { log } = this.#owner
    for (;;) {
      const next = gap.take((log.last(epoch) as number) + 1)
      if (next === undefined) break
      this.#owner.deliver(next)
    }
    if ((log.last(epoch) as number) >= gap.to && gap.empty) this.#gaps.delete(epoch)
    else gap.deadline = now + this.#gapTimeout
  }

  #gap(epoch: string, to: number, now: number): Gap {
    let gap = this.#gaps.get(epoch)
    if (gap === undefined) {
      gap = new Gap(now + this.#gapTimeout)
      this.#gaps.set(epoch, gap)
    }
    gap.to = Math.max(gap.to, to)
    if (gap.shouldAsk(now)) this.#ask(epoch, gap)
    return gap
  }

  #ask(epoch: string, gap: Gap): void {
    const from = (this.#owner.log.last(epoch) as number) + 1
    this.#owner.publish({ op: 'want', epoch, from, to: gap.endOfFirst(from) })
  }

  #skip(epoch: string, gap: Gap, now: number): void {
    const from = (this.#owner.log.last(epoch) as number) + 1
    this.#owner.lost(epoch, gap.endOfFirst(from))
    this.#goOn(epoch, now)
  }

  #compare(positions: Readonly<Record<string, number>>, now: number): void {
    if (this.#early !== undefined) return
    const { log, epoch: own } = this.#owner
    for (const [epoch, offset] of Object.entries(positions)) {
      if (epoch === own || !Number.isSafeInteger(offset)) continue
      log.begin(epoch, offset + 1)
      if (offset > (log.last(epoch) as number)) this.#gap(epoch, offset, now)
    }
  }

  #answer(epoch: string, from: number, to: number): void {
    const messages = this.#owner.log.between(epoch, from, to)
    if (messages.length > 0) this.#owner.publish({ op: 'messages', messages })
  }

  #sendState({ id, positions }: BusMessage & { op: 'sync' }, now: number): void {
    if (this.#early !== undefined) return
    this.#compare(positions, now)
    const { log } = this.#owner
    const { messages } = log.since(positions)
    const begins = log.begins()
    this.#owner.publish({ op: 'state', to: id, begins, positions: log.positions(), messages })
  }

  #takeState(state: BusMessage & { op: 'state' }, now: number): void {
    const { log } = this.#owner
    for (const [epoch, offset] of Object.entries(state.begins)) log.begin(epoch, offset + 1)
    const early = this.#early ?? []
    const first = this.#early !== undefined
    this.#early = undefined
    for (const carried of [...state.messages, ...early]) this.#accept(carried, now)
    this.#compare(state.positions, now)
    if (first) this.#owner.ready()
  }

  /** Nothing has answered: this process is alone, or the first. */
  #becomeReady(now: number): void {
    const early = this.#early ?? []
    this.#early = undefined
    for (const carried of early) this.#accept(carried, now)
    this.#owner.ready()
  }
}
