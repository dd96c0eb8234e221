import type { Admission } from '../limits/admission.ts'
import type { ClientLimit } from '../limits/client-limit.ts'
import type { Reply } from '../reply/reply.ts'
import type { Transport } from '../transport/transport.ts'

/** What an application says of a request before any work is done: its name, its limits, and how to answer it. */
export interface Plan {
  /** The route, such as `POST /users/:id/orders`. */
  readonly name: string
  /** In milliseconds, waiting in line included. */
  readonly timeout?: number | undefined
  readonly onDisconnect?: 'cancel' | 'finish' | undefined
  readonly admission?: Admission | undefined
  /** It takes no place of those that all routes share. */
  readonly exempt?: boolean
  readonly clientLimit?: ClientLimit | undefined
  /** The answer; undefined when it was given already. */
  answer(transport: Transport): PromiseLike<Reply | undefined>
}

/** What the engine serves. */
export interface Application {
  plan(transport: Transport): Plan
  /** Somebody here takes connections over for another protocol at this path. Absent: nobody anywhere. */
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
