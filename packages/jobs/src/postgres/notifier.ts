import { isCancelled, sleep } from 'corral'
import { HomeContext } from 'corral/lowlevel'
import type { Task } from 'corral'
import { sql } from '@corral/db'
import type { Database } from '@corral/db'
import type { Hints } from '../store/hints.ts'
import type { Hint } from '../store/job-store.ts'

const channel = 'corral_job'
/** At most one message in that time, in milliseconds: notifying makes commits wait for each other. */
const spacing = 5

/**
 * Hints from process to process, by NOTIFY: one for many changes, and never in a transaction of the user's. They are no
 * promise: what a message does not bring is found by looking.
 */
export class Notifier {
  readonly #home = new HomeContext()
  readonly #db: Database
  readonly #hints: Hints
  /** Tells our own messages from others'. */
  readonly #self: string
  readonly #untold = new Set<Hint['about']>()
  #sending: Task<void> | undefined
  #listening: Task<void> | undefined

  constructor(db: Database, hints: Hints, self: string) {
    this.#db = db
    this.#hints = hints
    this.#self = self
  }

  tell(about: Hint['about']): void {
    this.#hints.tell(about)
    this.#untold.add(about)
    this.#sending ??= this.#home.spawn(
      'notify',
      () => this.#send(),
      () => void (this.#sending = undefined),
    )
  }

  /** Listens to others, from the first call on. */
  listen(): void {
    this.#listening ??= this.#home.spawn(
      'listen',
      () => this.#receive(),
      () => void (this.#listening = undefined),
    )
  }

  async close(): Promise<void> {
    for (const task of [this.#sending, this.#listening]) {
      task?.cancel('the store is closed')
      await task?.settled()
    }
  }

  async #send(): Promise<void> {
    while (this.#untold.size > 0) {
      const payload = `${this.#self} ${[...this.#untold].join(' ')}`
      this.#untold.clear()
      try {
        await this.#db.query(sql`select pg_notify(${channel}, ${payload})`)
      } catch (error) {
        if (isCancelled(error)) throw error // otherwise they find it by looking
      }
      await sleep(spacing)
    }
  }

  async #receive(): Promise<void> {
    for (;;) {
      try {
        for await (const { payload, missed } of this.#db.listen(channel)) {
          const [from, ...told] = payload.split(' ')
          if (missed) this.#hints.tell('any')
          else if (from !== this.#self) for (const about of told) this.#hints.tell(about as 'any')
        }
      } catch (error) {
        if (isCancelled(error)) throw error
        await sleep(1000) // there was no connection to be had
      }
    }
  }
}
