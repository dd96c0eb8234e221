import type { MessageKind } from '../socket/codec.ts'
import type { SocketLimits } from '../socket/socket-limits.ts'
import type { Room } from '../room/room.ts'
import type { UpgradeRequest } from './upgrade-request.ts'

/** A user, or none. */
export type MayBe<U> = U | undefined | null | false

/** What an acceptor takes and bears. */
export interface WebSocketOptions<K extends MessageKind, U> extends SocketLimits {
  /** What the messages are: `text`, `binary`, `any` of both, or values as `json`. Default `text`. */
  readonly messages?: K
  /**
   * Who the client is, asked before the answer: what it returns is `socket.user`. `undefined`, `null` and `false`
   * refuse with 401, an `HttpProblem` as it says. Name the type of `request`, so that that of `socket.user` follows.
   */
  readonly authorize?: (request: UpgradeRequest) => MayBe<U> | PromiseLike<MayBe<U>>
  /** How long `authorize` may take, in milliseconds; 504 for longer. Default 10 000. */
  readonly authorizeTimeout?: number
  /** Pages that may connect, such as `https://a.example`; `*` for all. Default: those of the host asked for. */
  readonly origins?: readonly string[] | '*'
  /** Subprotocols that the handler speaks, the best first. */
  readonly protocols?: readonly string[]
  /** Connections in all; 503 for more. Default `Infinity`. */
  readonly maxConnections?: number
  /** Connections of one key; 429 for more. Default `Infinity`. */
  readonly maxConnectionsPerKey?: number
  /** Whose connection it is, for `maxConnectionsPerKey`. Default: the address of the peer. */
  readonly key?: (request: UpgradeRequest, user: U) => string
  /** The rooms that clients of `corral.v1` may subscribe to by name; undefined refuses. */
  readonly rooms?: (name: string, user: U) => Room<never> | undefined
  /** `finish`: a client that goes ends the loop over its messages, and cancels nothing. Default `cancel`. */
  readonly onDisconnect?: 'cancel' | 'finish'
  /** Over how long a drain spreads the closing of connections (1012), in milliseconds. Default 5000. */
  readonly drainSpread?: number
  /** Told of what handlers throw; the client gets 1011. Default: prints it. */
  readonly onError?: (error: unknown, name: string) => void
}
