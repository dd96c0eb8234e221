import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

/** Names in lower case, as Node's parser gives them. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

export type ReplyHeaders = Readonly<Record<string, string | readonly string[] | number>>

/** A connection handed over to another protocol. */
export interface SwitchedConnection {
  readonly socket: Duplex
  /** Bytes that already came after the head of the request. */
  readonly head: Buffer
  /** What libraries for other protocols expect: method, url and headers exist in tests without sockets too. */
  readonly incoming: Pick<IncomingMessage, 'method' | 'url' | 'headers'>
}

/**
 * One request and its response, as the engine sees them: on a socket, or in memory in tests. It knows no routes and no
 * tasks; it reads, writes, and reports a disconnect once.
 */
export interface Transport {
  readonly method: string
  /** Path and query as sent. */
  readonly target: string
  readonly headers: RequestHeaders
  /** Names and values in turn, as they arrived, where `headers` are parsed on first use. */
  readonly rawHeaders?: readonly string[]
  readonly remoteAddress: string
  readonly headersSent: boolean
  /** Whether the response is complete on this side. */
  readonly ended: boolean
  /** Whether the client disconnected before the response was complete. */
  readonly gone: boolean
  /** Called at most once, at that moment. */
  onGone: (() => void) | undefined
  /** The status sent; 0 for none. */
  readonly status: number
  /** Whether the client requests another protocol and the connection is available for it. */
  readonly upgradable: boolean
  /** Hands over the connection, once; from then on it is not watched here. End it with `destroy`. */
  detach(): SwitchedConnection
  /** The whole body, once, if all of it has arrived and none of it was read. */
  arrived?(): Buffer | undefined
  /** The next chunk of the body; undefined at its end. */
  read(): Promise<Uint8Array | undefined>
  /** The connection will serve no further requests. */
  closeAfter(): void
  head(status: number, headers: ReplyHeaders): void
  /** Sends a chunk of the response; waits while the client is slow. */
  write(piece: Uint8Array | string): Promise<void>
  /** Completes the response; waits until the system has it. */
  end(piece?: Uint8Array | string): Promise<void>
  /** Cuts the connection: the client sees that the response is incomplete. */
  destroy(): void
}
