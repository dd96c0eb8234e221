import { CorralError } from 'corral'
import { decodeEnvelope, encodeEnvelope } from '../protocol/envelope.ts'
import type { Envelope } from '../protocol/envelope.ts'
import { Requests } from '../protocol/requests.ts'
import type { Positions } from '../room/room-log.ts'
import { LiveSocket } from './live-socket.ts'

/** What comes on a connection of `corral.v1`. */
export type RoomEvent =
  /** A message, of a room or of the server itself. */
  | { readonly kind: 'message'; readonly data: unknown; readonly room?: string }
  /** In a room, at first or again; `recovered` says whether all that was missed comes now. */
  | { readonly kind: 'subscribed'; readonly room: string; readonly recovered: boolean | undefined }
  /** Messages of a room are lost. */
  | { readonly kind: 'gap'; readonly room: string }

/** The server refused what was asked of it; `reason` is its code. */
export class RefusedError extends CorralError {
  declare readonly code: 'REFUSED'
  readonly reason: string

  constructor(reason: string, message: string) {
    super('REFUSED', `RoomClient: the server refused (${reason}): ${message}`)
    this.reason = reason
  }

  static {
    this.prototype.name = 'RefusedError'
  }
}

/**
 * A connection of `corral.v1`: it knows how far it has read each room, and asks for the rest when it comes back.
 * Iterate it for messages, and for what is known to be lost.
 */
export class RoomClient extends LiveSocket<RoomEvent> {
  readonly #client = crypto.randomUUID()
  readonly #requests = new Requests()
  readonly #positions = new Map<string, Record<string, number>>()
  /** Rooms that were asked for by name: they are asked for again. */
  readonly #subscribed = new Set<string>()

  /**
   * Sends a message; waits while there is no connection, and while more than `queueBytes` are queued. It may be lost
   * with the connection: `request` tells.
   *
   * @throws ClosedError when it is closed, also while waiting
   */
  send(data: unknown): Promise<void> {
    return this.push(encodeEnvelope({ op: 'message', data }))
  }

  /**
   * Sends a message, and waits until the server has dealt with it: the answer that it gave, or undefined. Use `timeout`
   * to wait no longer than that.
   *
   * Cancellation: the server may get it or not; nothing is kept of it here.
   *
   * @throws BrokenError when the connection is lost meanwhile: it may have been dealt with, or not
   */
  request(data: unknown): Promise<unknown> {
    return this.#ask((id) => ({ op: 'message', id, data }))
  }

  /**
   * Enters a room by name, and again with each connection.
   *
   * @throws RefusedError when the server has no such room for this client
   */
  async subscribe(room: string): Promise<void> {
    await this.#ask((id) => ({ op: 'subscribe', id, room }))
    this.#subscribed.add(room)
  }

  async unsubscribe(room: string): Promise<void> {
    this.#subscribed.delete(room)
    this.#positions.delete(room)
    await this.#ask((id) => ({ op: 'unsubscribe', id, room }))
  }

  /** How far it has read a room. */
  positions(room: string): Positions | undefined {
    return this.#positions.get(room)
  }

  #ask(envelope: (id: number) => Envelope): Promise<unknown> {
    return this.#requests.ask((id) => this.push(encodeEnvelope(envelope(id))))
  }

  protected override greet(): boolean {
    const rooms = Object.fromEntries(this.#positions)
    this.say(encodeEnvelope({ op: 'hello', client: this.#client, rooms }))
    return false
  }

  protected override lost(error: () => Error): void {
    this.#requests.end(error)
  }

  protected override receive(data: string | Uint8Array): void {
    if (typeof data !== 'string') return
    const envelope = decodeEnvelope(data)
    switch (envelope.op) {
      case 'welcome':
        this.#onWelcome()
        return
      case 'subscribed': {
        const { room, positions, recovered } = envelope
        const own = recovered === true ? this.#positions.get(room) : undefined
        this.#positions.set(room, { ...positions, ...own })
        this.inbox.put({ kind: 'subscribed', room, recovered }, data.length)
        return
      }
      case 'message':
        this.#onMessage(envelope, data.length)
        return
      case 'gap': {
        this.#positions.set(envelope.room, {
          ...this.#positions.get(envelope.room),
          ...envelope.positions,
        })
        this.inbox.put({ kind: 'gap', room: envelope.room }, data.length)
        return
      }
      case 'ack':
        this.#requests.answer(envelope.id, envelope.data)
        return
      case 'error':
        if (envelope.id !== undefined) {
          this.#requests.refuse(envelope.id, new RefusedError(envelope.code, envelope.message))
        }
        return
      default:
    }
  }

  #onWelcome(): void {
    for (const room of this.#subscribed) {
      const positions = this.#positions.get(room) ?? {}
      this.say(encodeEnvelope({ op: 'subscribe', id: 0, room, positions }))
    }
    this.open()
  }

  #onMessage(envelope: Envelope & { op: 'message' }, bytes: number): void {
    const { id, room, epoch, offset, data } = envelope
    const done =
      id === undefined
        ? undefined
        : (answer?: unknown) => void this.tryPush(encodeEnvelope({ op: 'ack', id, data: answer }))
    if (room === undefined || epoch === undefined || offset === undefined) {
      this.inbox.put({ kind: 'message', data }, bytes, done)
      return
    }
    const positions = this.#positions.get(room) ?? {}
    if (offset <= (positions[epoch] ?? 0)) return
    this.#positions.set(room, { ...positions, [epoch]: offset })
    this.inbox.put({ kind: 'message', room, data }, bytes, done)
  }
}
