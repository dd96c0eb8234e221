import { BrokenError, Event, isCancelled, moveOnAfter, Semaphore } from 'corral'
import type { TaskGroup } from 'corral'
import type { Connection } from './connection.ts'

/** Handles a connection, which is closed when this returns, and reset when it fails. */
export type ConnectionHandler = (
  connection: Connection,
  /** Set when the listener drains: a handler waiting for the next request should return. */
  draining: Event,
) => Promise<void>

/**
 * One task per connection, at most `max` at a time; the others queue, unread. Independent of sockets.
 *
 *   accepted -> in line -> handled -> closed
 */
export class ConnectionTasks {
  readonly draining: Event = new Event({ name: 'drain' })
  readonly #group: TaskGroup
  readonly #handler: ConnectionHandler
  readonly #slots: Semaphore | undefined
  readonly #onError: (error: unknown) => void
  readonly #idle = new Event({ name: 'last connection' })
  #live = 0

  constructor(
    group: TaskGroup,
    handler: ConnectionHandler,
    max: number,
    onError: (error: unknown) => void,
  ) {
    this.#group = group
    this.#handler = handler
    this.#slots = max === Infinity ? undefined : new Semaphore(max, { name: 'connections' })
    this.#onError = onError
    this.#idle.set()
  }

  /** Number of connections, including queued ones. */
  get live(): number {
    return this.#live
  }

  accept(connection: Connection, name: string): void {
    this.#live += 1
    this.#idle.clear()
    this.#group.spawn(() => this.#serve(connection), { name })
  }

  /** Lets current connections finish, and cancels what is left after `grace`. */
  async drain(grace: number): Promise<void> {
    this.draining.set()
    await moveOnAfter(grace, () => this.#idle.wait())
    this.#group.cancel('the listener was closed')
  }

  async #serve(connection: Connection): Promise<void> {
    try {
      using _slot = this.#slots && (await this.#slots.acquire())
      await this.#handler(connection, this.draining)
    } catch (error) {
      if (isCancelled(error)) {
        await connection.close({ grace: 0 })
        throw error
      }
      connection.abort()
      // A peer that disconnects is not a failure of ours.
      if (!(error instanceof BrokenError)) this.#onError(error)
    } finally {
      await connection.close()
      this.#live -= 1
      if (this.#live === 0) this.#idle.set()
    }
  }
}
