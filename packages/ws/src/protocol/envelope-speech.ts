import { ClosedError, Event, moveOnAfter } from 'corral'
import { encodeFrame, TEXT } from '../frames/frame.ts'
import type { Room } from '../room/room.ts'
import type { Positions } from '../room/room-log.ts'
import { isOfKind } from '../socket/codec.ts'
import type { InnerSocket } from '../socket/server-socket.ts'
import type { Greeting, Speech } from '../socket/speech.ts'
import { decodeEnvelope, encodeEnvelope } from './envelope.ts'
import type { Envelope } from './envelope.ts'
import { Requests } from './requests.ts'

/** How long a client may take to say hello, in milliseconds. */
const HELLO_TIMEOUT = 10_000

/** The server's side of `corral.v1`. */
export class EnvelopeSpeech implements Speech {
  readonly dialect = 'corral.v1'
  readonly #socket: InnerSocket
  readonly #findRoom: (name: string) => Room<never> | undefined
  readonly #requests = new Requests()
  readonly #greeted = new Event()
  #client: string | undefined
  #rooms: Readonly<Record<string, Positions>> = {}

  constructor(socket: InnerSocket, findRoom: (name: string) => Room<never> | undefined) {
    this.#socket = socket
    this.#findRoom = findRoom
  }

  get client(): string | undefined {
    return this.#client
  }

  /** Waits for the client's first frame. */
  async hello(): Promise<void> {
    const outcome = await moveOnAfter(HELLO_TIMEOUT, () => this.#greeted.wait())
    if (!outcome.timedOut) return
    this.#socket.connection.fail(1008, 'no hello')
    throw new ClosedError('ServerSocket: the client did not say hello in time')
  }

  receive(data: Buffer, isBinary: boolean): void {
    let envelope: Envelope
    try {
      if (isBinary) throw new SyntaxError('an envelope is text')
      envelope = decodeEnvelope(data.toString())
    } catch {
      this.#socket.connection.fail(1007, 'not an envelope of corral.v1')
      return
    }
    if (this.#client === undefined && envelope.op !== 'hello') {
      this.#socket.connection.fail(1008, 'hello comes first')
      return
    }
    this.#dispatch(envelope, data.length)
  }

  #dispatch(envelope: Envelope, bytes: number): void {
    switch (envelope.op) {
      case 'hello':
        this.#onHello(envelope)
        return
      case 'message': {
        const { id } = envelope
        if (!isOfKind(this.#socket.kind, envelope.data)) {
          this.#socket.connection.fail(1003, `a message must be ${this.#socket.kind}`)
          return
        }
        const done =
          id === undefined ? undefined : (data?: unknown) => this.#say({ op: 'ack', id, data })
        this.#socket.deliver(envelope.data, bytes, done)
        return
      }
      case 'ack':
        this.#requests.answer(envelope.id, envelope.data)
        return
      case 'subscribe':
        this.#subscribe(envelope.id, envelope.room, envelope.positions)
        return
      case 'unsubscribe':
        for (const seat of this.#socket.seats) if (seat.roomName === envelope.room) seat.leave()
        this.#say({ op: 'ack', id: envelope.id })
        return
      default:
        this.#say({ op: 'error', code: 'UNKNOWN_OP', message: `${envelope.op} is not for servers` })
    }
  }

  #onHello({ client, rooms = {} }: Envelope & { op: 'hello' }): void {
    if (this.#client !== undefined || typeof client !== 'string' || !isPositions(rooms)) {
      this.#socket.connection.fail(1008, 'a hello that cannot be read')
      return
    }
    this.#client = client
    this.#rooms = rooms
    this.#say({ op: 'welcome', id: this.#socket.name })
    this.#greeted.set()
  }

  #subscribe(id: number, name: string, positions: Positions | undefined): void {
    const room = this.#findRoom(name)
    if (room === undefined || (positions !== undefined && !isPositions({ positions }))) {
      this.#say({ op: 'error', id, code: 'FORBIDDEN', message: `no room ${name} for you` })
      return
    }
    try {
      room.join(this.#socket, positions === undefined ? {} : { since: positions })
      this.#say({ op: 'ack', id })
    } catch (error) {
      const { code, message } = error as { code: string; message: string }
      this.#say({ op: 'error', id, code, message })
    }
  }

  encode(data: unknown): Buffer {
    return encodeFrame(TEXT, encodeEnvelope({ op: 'message', data }))
  }

  positions(room: string): Positions | undefined {
    return Object.hasOwn(this.#rooms, room) ? this.#rooms[room] : undefined
  }

  greet(greeting: Greeting): Buffer {
    return frameOf({ op: 'subscribed', ...greeting })
  }

  gap(room: string, epoch: string, positions: Positions): Buffer {
    return frameOf({ op: 'gap', room, epoch, positions })
  }

  request(
    data: unknown,
    send: (frame: Buffer, onSent: () => void) => Promise<void>,
  ): Promise<unknown> {
    return this.#requests.ask((id, onSent) => send(frameOf({ op: 'message', id, data }), onSent))
  }

  end(error: () => Error): void {
    this.#requests.end(error)
  }

  /** Answers count towards the output: a client that asks and does not read is too slow. */
  #say(envelope: Envelope): void {
    if (this.#socket.connection.outbox.counted > this.#socket.maxQueued) this.#socket.onOverflow()
    this.#socket.connection.push(frameOf(envelope))
  }
}

function frameOf(envelope: Envelope): Buffer {
  return encodeFrame(TEXT, encodeEnvelope(envelope))
}

/** Offsets by epoch, by room: validated, since they come from the client. */
function isPositions(rooms: unknown): rooms is Readonly<Record<string, Positions>> {
  if (typeof rooms !== 'object' || rooms === null) return false
  return Object.values(rooms).every(
    (positions: unknown) =>
      typeof positions === 'object' &&
      positions !== null &&
      Object.values(positions).every((offset) => Number.isSafeInteger(offset)),
  )
}
