import { CorralError } from 'corral'
import { decodeEnvelope, encodeEnvelope } from '../protocol/envelope.ts'
import type { Envelope } from '../protocol/envelope.ts'
import { Requests } from '../protocol/requests.ts'
import type { Positions } from '../room/room-log.ts'
import { LiveSocket } from './live-socket.ts'

/** What arrives on a `corral.v1` connection. */
export type RoomEvent =
  /** A message, from a room or from the server itself. */
  | { readonly kind: 'message'; readonly data: unknown; readonly room?: string }
  /** In a room, for the first time or again; `recovered` says whether everything that was missed follows. */
  | { readonly kind: 'subscribed'; readonly room: string; readonly recovered: boolean | undefined }
  /** Messages of a room are lost. */
  | { readonly kind: 'gap'; readonly room: string }

/** The server refused a request; `reason` is its code. */
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
 * A `corral.v1` connection: it knows how far it has read in each room, and requests the rest when it reconnects.
 * Iterate it for messages, and for gaps.
 */
export class RoomClient extends LiveSocket<RoomEvent> {
  readonly #client = crypto.randomUUID()
  readonly #requests = new Requests()
  readonly #positions = new Map<string, Record<string, number>>()
  /** Rooms that were subscribed to by name: they are subscribed to again. */
  readonly #subscribed = new Set<string>()

  /**
   * Sends a message; waits while there is no connection, and while more than `queueBytes` are queued. It may be lost
   * with the connection; `request` confirms delivery.
   *
   * @throws ClosedError when it is closed, even while waiting
   */
  send(data: unknown): Promise<void> {
    return this.push(encodeEnvelope({ op: 'message', data }))
  }

  /**
   * Sends a message, after waiting for a connection and for room, and waits until the server has handled it; returns
   * the server's answer, or undefined. Use `timeout` to limit the wait.
   *
   * Cancellation: the server may or may not get it; nothing is kept of it here.
   *
   * @throws BrokenError when the connection is lost before the answer: the message may or may not have been handled
   * @throws ClosedError when it is closed before the message is sent
   */
  request(data: unknown): Promise<unknown> {
    return this.#ask((id) => ({ op: 'message', id, data }))
  }

  /**
   * Enters a room by name, and again on each new connection.
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

  /** How far it has read in a room. */
  positions(room: string): Positions | undefined {
    return this.#positions.get(room)
  }

  #ask(envelope: (id: number) => Envelope): Promise<unknown> {
    return this.#requests.ask((id, onSent) => this.push(encodeEnvelope(envelope(id)), onSent))
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
