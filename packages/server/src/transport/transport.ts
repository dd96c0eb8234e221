import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

/** Names in lower case, as Node's parser gives them. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

export type ReplyHeaders = Readonly<Record<string, string | readonly string[] | number>>

/** A connection that somebody else speaks on from now on. */
export interface SwitchedConnection {
  readonly socket: Duplex
  /** What came after the head of the request already. */
  readonly head: Buffer
  /** What libraries of other protocols take: method, url and headers are there in tests without sockets too. */
  readonly incoming: Pick<IncomingMessage, 'method' | 'url' | 'headers'>
}

/**
 * One request and its answer, as the engine sees them: a socket below it, or memory in tests. It knows no
 * routes and no tasks; it reads, writes, and tells once when the client has gone.
 */
export interface Transport {
  readonly method: string
  /** Path and query as they were sent. */
  readonly target: string
  readonly headers: RequestHeaders
  /** Names and values in turn, as they came: where `headers` are not parsed yet. */
  readonly rawHeaders?: readonly string[]
  readonly remoteAddress: string
  readonly headersSent: boolean
  /** The answer is complete as far as this side is concerned. */
  readonly ended: boolean
  /** The client has gone before the answer was complete. */
  readonly gone: boolean
  /** Told at most once, at that moment. */
  onGone: (() => void) | undefined
  /** The status that was sent; 0 for none. */
  readonly status: number
  /** The client asks for another protocol, and the connection can be had for it. */
  readonly upgradable: boolean
  /** The connection, once; from then on nobody here watches it. Its end is `destroy`. */
  detach(): SwitchedConnection
  /** The whole body, once, if all of it has come and nobody has read of it. */
  arrived?(): Buffer | undefined
  /** The next piece of the body; undefined at its end. */
  read(): Promise<Uint8Array | undefined>
  /** The connection serves no further request. */
  closeAfter(): void
  head(status: number, headers: ReplyHeaders): void
  /** Takes a piece of the answer; waits while the client is slow. */
  write(piece: Uint8Array | string): Promise<void>
  /** Completes the answer; waits until it is out of our hands. */
  end(piece?: Uint8Array | string): Promise<void>
  /** Cuts the connection: the client sees that the answer is not complete. */
  destroy(): void
}
