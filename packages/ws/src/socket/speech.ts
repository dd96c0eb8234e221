import type { Connection } from './connection.ts'
import type { Dialect } from '../room/room-message.ts'
import type { Positions } from '../room/room-log.ts'

/** How a room greets a new member. */
export interface Greeting {
  readonly room: string
  /** Where the member stands before what is sent to it now. */
  readonly positions: Positions
  /** Undefined when nothing older was asked for. */
  readonly recovered: boolean | undefined
}

/** How a connection is spoken to: bare messages, or envelopes of `corral.v1`. */
export interface Speech {
  readonly dialect: Dialect
  /** The client that a member is, over its connections. */
  readonly client: string | undefined
  /** Something has come. */
  receive(data: Buffer, isBinary: boolean): void
  encode(data: unknown): Buffer
  /** How far the client had read a room before it was cut off. */
  positions(room: string): Positions | undefined
  /** What a member is told when it joins, if anything. */
  greet(greeting: Greeting): Buffer | undefined
  /** What a member is told of messages that are lost, if anything. */
  gap(room: string, epoch: string, positions: Positions): Buffer | undefined
  /** Sends a message and waits for the answer. */
  request(data: unknown, send: (frame: Buffer) => Promise<void>): Promise<unknown>
  /** The connection has ended: whoever waits for an answer gets none. */
  end(error: () => Error): void
}

/** A connection as its speech uses it. */
export interface Speaker {
  readonly connection: Connection
  deliver(data: unknown, bytes: number, done?: (answer?: unknown) => void): void
}
