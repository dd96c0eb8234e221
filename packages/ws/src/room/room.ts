import { randomUUID } from 'node:crypto'
import { ClosedError, Event, FullError, MisuseError, now } from 'corral'
import {
  isUncancelled,
  ready,
  refuse,
  suspend,
  Waiter,
  WaitQueue,
  wake,
  wakeWithError,
} from 'corral/lowlevel'
import type { CarriedMessage } from '../bus/bus-message.ts'
import { BusConnection } from '../bus/bus-connection.ts'
import { Lane } from '../output/lane.ts'
import type { Outbox } from '../output/outbox.ts'
import type { AnySocket, InnerSocket } from '../socket/server-socket.ts'
import { Members } from './members.ts'
import type { Presence } from './members.ts'
import { RoomLog } from './room-log.ts'
import type { Positions } from './room-log.ts'
import { RoomMessage } from './room-message.ts'
import type { Dialect } from './room-message.ts'
import { completeRoomOptions } from './room-options.ts'
import type { RoomOptions } from './room-options.ts'
import { Seat } from './seat.ts'

export interface JoinOptions {
  /** Send what came after these positions. Default: those that a `corral.v1` client reports. */
  readonly since?: Positions
  /** Send this many of the last messages if no positions are known. Default 0. */
  readonly last?: number
}

export interface RoomSendOptions {
  /** A member that does not get it, such as the sender. */
  readonly except?: AnySocket
}

/**
 * Connections that get the same messages. A message is encoded once, and what is sent in one turn leaves as one buffer
 * that all members share.
 *
 * Cost: sending takes one step per member for the first message of a turn, none for those after it.
 *
 * @example
 * const chat = new Room<string>({ history: 200, slow: 'drop-oldest' })
 * using seat = chat.join(socket)
 * chat.send('hello')
 */
export class Room<T = string> implements Disposable {
  readonly name: string
  /** Its identity as a publisher: a new one after each start. */
  readonly epoch: string = randomUUID()
  readonly #lanes: Readonly<Record<Dialect, Lane>>
  readonly #log: RoomLog
  readonly #members = new Members<T>()
  readonly #putters = new WaitQueue()
  readonly #slow: RoomOptions<T>['slow']
  #bus: BusConnection | undefined
  /** They are reconnecting while the history of other processes has not arrived yet. */
  #early: { readonly seat: Seat<T>; readonly since: Positions }[] = []
  readonly #synced = new Event({ name: 'history of other processes' })
  #offset = 0
  #closed = false

  constructor(options: RoomOptions<T> = {}) {
    const { name, history, slow, queueBytes, batchDelay, gapTimeout } = completeRoomOptions(options)
    this.name = name
    this.#slow = slow
    this.#log = new RoomLog(
      options.bus === undefined ? history : Math.max(history, KEPT_FOR_OTHERS),
    )
    this.#log.begin(this.epoch, 1)
    this.#lanes = {
      plain: new Lane(slow, queueBytes, batchDelay),
      'corral.v1': new Lane(slow, queueBytes, batchDelay),
    }
    if (options.bus === undefined) {
      this.#synced.set()
      return
    }
    this.#bus = new BusConnection(options.bus, name, gapTimeout, {
      epoch: this.epoch,
      log: this.#log,
      deliver: (carried) => this.#deliver(carried),
      lost: (epoch, offset) => this.#lost(epoch, offset),
      ready: () => this.#becomeReady(),
    })
  }

  /** The number of members in this process. */
  get size(): number {
    return this.#members.size
  }

  /** The members in this process, in the order they joined. */
  members(): Seat<T>[] {
    return this.#members.list()
  }

  /**
   * The current members, then every change in order. Dispose it, or changes keep accumulating for it.
   *
   * @example
   * using presence = chat.watch()
   * for await (const { kind, seat } of presence) console.log(kind, seat.socket.user)
   */
  watch(): Presence<T> {
    return this.#members.watch()
  }

  /** How far the room has come. */
  positions(): Positions {
    return this.#log.positions()
  }

  /**
   * Waits until the history of other processes has arrived, or none has answered; without a bus it is there at once.
   * Await it before the process takes connections: until then another one must not be stopped, or its history is lost.
   *
   * Cancellation: changes nothing.
   *
   * @throws ClosedError when the room is closed, even while waiting
   */
  async ready(): Promise<void> {
    await this.#synced.wait()
    if (this.#closed) throw new ClosedError('Room.ready: the room is closed; make a new one')
  }

  /**
   * Joins: from now on the connection gets what is sent, after what it has missed, without gaps or duplicates.
   * `seat.recovered` says whether all of it was available. It leaves when the seat is disposed, and when the connection
   * ends.
   *
   * @throws ClosedError when the room or the connection is closed
   * @throws MisuseError when the connection is already in the room, FullError when it is in too many
   */
  join(socket: AnySocket, options: JoinOptions = {}): Seat<T> {
    if (this.#closed) throw new ClosedError('Room.join: the room is closed; make a new one')
    const { connection, speech, seats, maxRooms } = socket as InnerSocket
    if (connection.closing) throw new ClosedError('Room.join: the connection is closed')
    for (const seat of seats) {
      if (seat.room !== this) continue
      throw new MisuseError(`Room.join: ${socket.name} is in ${this.name} already; keep its seat`)
    }
    if (seats.size >= maxRooms) {
      throw new FullError(`Room.join: ${socket.name} is in ${seats.size} rooms; leave one first`)
    }
    const seat = new Seat<T>(this, socket, now())
    seats.add(seat)
    const since = options.since ?? speech.positions(this.name)
    if (since !== undefined && !this.#synced.isSet) this.#early.push({ seat, since })
    else this.#enter(seat, since, options.last ?? 0)
    this.#members.add(seat)
    return seat
  }

  /**
   * Sends to all members, and never waits: the room's policy decides about members that are behind. With the policy
   * `wait`, use `put`.
   *
   * @throws ClosedError when the room is closed, MisuseError for an invalid message
   * @throws FullError when the policy is `wait` and a member's queue is full
   */
  send(data: T, options: RoomSendOptions = {}): void {
    if (this.#closed) throw new ClosedError('Room.send: the room is closed; make a new one')
    if (this.#slow === 'wait' && (this.#putters.size > 0 || this.#full !== undefined)) {
      throw new FullError("Room.send: a member's queue is full; await room.put(data) instead")
    }
    this.#send(data, options.except)
  }

  /**
   * Sends to all members, after waiting, in order of arrival, while any member's queue is full.
   *
   * Cancellation: either it was not sent, or there was room and it was.
   *
   * @throws ClosedError when the room is closed, even while waiting; MisuseError for an invalid message
   */
  put(data: T, options: RoomSendOptions = {}): Promise<void> {
    if (this.#closed) return Promise.reject(putRefused())
    if (isUncancelled() && this.#putters.size === 0 && this.#full === undefined) {
      try {
        this.#send(data, options.except)
      } catch (error) {
        return Promise.reject(error)
      }
      return ready('Room.put', this, undefined)
    }
    const wait = suspend(
      new Waiter('Room.put', this, this.#putters, { data, except: options.except }),
    )
    this.#full?.tell(this)
    return wait
  }

  /** All leave, and no more is sent. The connections stay open. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const seat of this.members()) seat.leave()
    this.#members.close()
    this.#bus?.[Symbol.dispose]()
    this.#synced.set()
    for (const putter of this.#putters) wakeWithError(putter, putRefused)
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** @internal A member that was full has made progress. */
  onProgress(): void {
    if (this.#closed) return
    for (let putter = this.#putters.first; putter !== undefined; putter = this.#putters.first) {
      const full = this.#full
      if (full !== undefined) {
        full.tell(this)
        return
      }
      const { data, except } = (putter as Waiter & { data: Put<T> }).data
      try {
        this.#send(data, except)
        wake(putter, undefined)
      } catch (error) {
        wakeWithError(putter, () => error)
      }
    }
  }

  /** @internal */
  removeSeat(seat: Seat<T>): void {
    const socket = seat.socket as InnerSocket
    socket.seats.delete(seat)
    this.#lanes[socket.speech.dialect].delete(socket.connection.outbox)
    this.#members.delete(seat)
    this.onProgress()
  }

  get [Symbol.toStringTag](): string {
    return `Room ${this.name}`
  }

  get #full(): Outbox | undefined {
    return this.#lanes.plain.full ?? this.#lanes['corral.v1'].full
  }

  #send(data: T, except: AnySocket | undefined): void {
    requireMessage(data)
    const key = typeof this.#slow === 'object' ? this.#slow.key(data) : undefined
    this.#offset += 1
    const member = except as InnerSocket | undefined
    const client = member?.speech.client
    const message = new RoomMessage(this.name, this.epoch, this.#offset, data, client, key)
    this.#log.append(message)
    this.#fan(message, member?.connection.outbox)
    this.#bus?.publish(message)
  }

  /** A message of another process. */
  #deliver({ epoch, offset, data, except }: CarriedMessage): void {
    const key = typeof this.#slow === 'object' ? this.#slow.key(data as T) : undefined
    const message = new RoomMessage(this.name, epoch, offset, data, except, key)
    this.#log.append(message)
    this.#fan(message, undefined)
  }

  #lost(epoch: string, offset: number): void {
    this.#log.skip(epoch, offset)
    for (const seat of this.members()) {
      const { connection, speech } = seat.socket as InnerSocket
      const gap = speech.gap(this.name, epoch, { [epoch]: offset })
      if (gap !== undefined) connection.push(gap)
    }
  }

  #becomeReady(): void {
    this.#synced.set()
    const early = this.#early
    this.#early = []
    for (const { seat, since } of early) if (seat.here) this.#enter(seat, since, 0)
  }

  #fan(message: RoomMessage, except: Outbox | undefined): void {
    for (const dialect of ['plain', 'corral.v1'] as const) {
      const lane = this.#lanes[dialect]
      if (lane.members.size > 0) lane.send(message.frame(dialect), except)
    }
  }

  /** From now on it gets what is sent; what it has missed comes first, in the same step. */
  #enter(seat: Seat<T>, since: Positions | undefined, last: number): void {
    const { connection, speech } = seat.socket as InnerSocket
    const lane = this.#lanes[speech.dialect]
    const missed = this.#greet(seat, since, last)
    connection.outbox.replay(missed, lane)
    lane.add(connection.outbox)
  }

  /** Sends the room's positions, and gives the frames of what the member has missed. */
  #greet(seat: Seat<T>, since: Positions | undefined, last: number): Buffer[] {
    const { connection, speech } = seat.socket as InnerSocket
    const missed = since === undefined ? undefined : this.#log.since(since)
    seat.recovered = missed?.complete
    const again = missed?.messages ?? (last > 0 ? this.#log.all().slice(-last) : [])
    const greeting = speech.greet({
      room: this.name,
      positions: this.#log.before(again),
      recovered: seat.recovered,
    })
    if (greeting !== undefined) connection.push(greeting)
    const frames = again
      .filter(({ except }) => except === undefined || except !== speech.client)
      .map((message) => message.frame(speech.dialect).bytes)
    seat.replayed = frames.length
    return frames
  }
}

/** What a room with a bus keeps for other processes that missed it. */
const KEPT_FOR_OTHERS = 256

interface Put<T> {
  readonly data: T
  readonly except: AnySocket | undefined
}

/** Text and bytes are messages; anything else must be representable as JSON. Nothing is sent otherwise. */
function requireMessage(data: unknown): void {
  if (typeof data === 'string' || data instanceof Uint8Array) return
  let json: string | undefined
  try {
    json = JSON.stringify(data)
  } catch (error) {
    throw new MisuseError('Room.send: data must be what JSON can say', { cause: error })
  }
  if (json === undefined) refuse('Room.send: data', 'what JSON can say', data)
}

function putRefused(): ClosedError {
  return new ClosedError('Room.put: the room is closed; make a new one')
}
