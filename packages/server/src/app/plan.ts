import type { Admission } from '../limits/admission.ts'
import type { ClientLimit } from '../limits/client-limit.ts'
import type { Reply } from '../reply/reply.ts'
import type { Transport } from '../transport/transport.ts'

/** What an application decides about a request before any work is done: its name, its limits, and how to answer it. */
export interface Plan {
  /** The route, such as `POST /users/:id/orders`. */
  readonly name: string
  /** In milliseconds, including time spent queued. */
  readonly timeout?: number | undefined
  readonly onDisconnect?: 'cancel' | 'finish' | undefined
  readonly admission?: Admission | undefined
  /** It is exempt from the limit that all routes share. */
  readonly exempt?: boolean
  readonly clientLimit?: ClientLimit | undefined
  /** The reply; undefined if it was already sent. */
  answer(transport: Transport): PromiseLike<Reply | undefined>
}

/** What the engine serves. */
export interface Application {
  plan(transport: Transport): Plan
  /** Whether an acceptor for another protocol exists at this path. Absent: nowhere. */
  upgrades?(target: string): boolean
  /** Resources that are open as long as the server. */
  readonly lifespans: readonly Lifespan[]
}

/** A resource that is open from the start of the server until it has drained. */
export interface Lifespan {
  readonly name: string
  /** Calls `use` with the value while it is open. */
  readonly hold: (use: (value: unknown) => Promise<void>) => PromiseLike<unknown>
}
