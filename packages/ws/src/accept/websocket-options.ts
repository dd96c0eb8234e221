import type { MessageKind } from '../socket/codec.ts'
import type { SocketLimits } from '../socket/socket-limits.ts'
import type { Room } from '../room/room.ts'
import type { UpgradeRequest } from './upgrade-request.ts'

/** A user, or none. */
export type MayBe<U> = U | undefined | null | false

/** The options and limits of an acceptor. */
export interface WebSocketOptions<K extends MessageKind, U> extends SocketLimits {
  /** The type of messages: `text`, `binary`, `any` for both, or values as `json`. Default `text`. */
  readonly messages?: K
  /**
   * Identifies the client before the upgrade is answered: its result becomes `socket.user`. `undefined`, `null` and
   * `false` refuse with 401, a thrown `HttpProblem` with its own status. Declare the type of `request`, so that the
   * type of `socket.user` is inferred.
   */
  readonly authorize?: (request: UpgradeRequest) => MayBe<U> | PromiseLike<MayBe<U>>
  /** How long `authorize` may take, in milliseconds; 504 for longer. Default 10 000. */
  readonly authorizeTimeout?: number
  /**
   * Origins whose pages may connect, such as `https://a.example`; `*` for all. Default: those of the requested host.
   */
  readonly origins?: readonly string[] | '*'
  /** Subprotocols that the handler speaks, in order of preference. */
  readonly protocols?: readonly string[]
  /** Maximum connections in total; 503 beyond it. Default `Infinity`. */
  readonly maxConnections?: number
  /** Maximum connections per key; 429 beyond it. Default `Infinity`. */
  readonly maxConnectionsPerKey?: number
  /** The key of a connection, for `maxConnectionsPerKey`. Default: the peer's address. */
  readonly key?: (request: UpgradeRequest, user: U) => string
  /** The rooms that `corral.v1` clients may subscribe to by name; undefined refuses. */
  readonly rooms?: (name: string, user: U) => Room<never> | undefined
  /**
   * `finish`: when the client disconnects, the loop over its messages ends and nothing is cancelled. Default `cancel`.
   */
  readonly onDisconnect?: 'cancel' | 'finish'
  /** The period over which a drain spreads the closing of connections (1012), in milliseconds. Default 5000. */
  readonly drainSpread?: number
  /** Called with errors that handlers throw; the client gets 1011. Default: prints them. */
  readonly onError?: (error: unknown, name: string) => void
}
