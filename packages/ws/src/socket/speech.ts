import type { Connection } from './connection.ts'
import type { Dialect } from '../room/room-message.ts'
import type { Positions } from '../room/room-log.ts'

/** What a room sends to a new member. */
export interface Greeting {
  readonly room: string
  /** The member's positions before what is sent to it now. */
  readonly positions: Positions
  /** Undefined when nothing older was requested. */
  readonly recovered: boolean | undefined
}

/** The protocol of a connection: bare messages, or `corral.v1` envelopes. */
export interface Speech {
  readonly dialect: Dialect
  /** The client's identity across its connections. */
  readonly client: string | undefined
  /** A message has arrived. */
  receive(data: Buffer, isBinary: boolean): void
  encode(data: unknown): Buffer
  /** How far the client had read in a room before it was cut off. */
  positions(room: string): Positions | undefined
  /** Sends what a member gets on joining, if anything. */
  greet(greeting: Greeting): Buffer | undefined
  /** Notifies a member of lost messages, if the protocol can. */
  gap(room: string, epoch: string, positions: Positions): Buffer | undefined
  /** Sends a message and waits for the answer. */
  request(
    data: unknown,
    send: (frame: Buffer, onSent: () => void) => Promise<void>,
  ): Promise<unknown>
  /** The connection has ended: pending requests get no answer. */
  end(error: () => Error): void
}

/** A connection, as its protocol uses it. */
export interface Speaker {
  readonly connection: Connection
  deliver(data: unknown, bytes: number, done?: (answer?: unknown) => void): void
}
