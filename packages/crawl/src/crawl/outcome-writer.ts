import { Event, moveOnAfter } from 'corral'
import type { Outcome } from '../store/outcome.ts'

/** Where outcomes go: a `Store`, as far as writing them needs it. */
export interface OutcomeStore {
  commit(outcomes: readonly Outcome[]): Promise<void>
}

/** Who waits for transactions: the `Dispatcher`. */
export interface CommitListener {
  /** Whether it waits for what the next transaction brings: then that waits for nothing. */
  readonly starving: boolean
  /** Told after every transaction, with the number of outcomes in it. */
  committed(count: number): void
}

/** Outcomes that make a transaction start. */
const fullBatch = 64
/**
 * The weight of one transaction, and of everything that waits: pages, where every hundred links count as one more, and so do
 * 20 000 characters of a body that is kept.
 */
const maxBatch = 256
const maxWeight = 1000
/** Milliseconds that an outcome waits for others to share its transaction. */
const maxDelay = 10

/**
 * Stores outcomes in groups: a transaction that is durable costs a flush of the disk, however much is in it. What is
 * added while one transaction is on its way makes the next one.
 */
export class OutcomeWriter {
  readonly #store: OutcomeStore
  readonly #added = new Event({ name: 'outcomes' })
  readonly #full = new Event({ name: 'many outcomes' })
  #waiting: Outcome[] = []
  #committing = 0
  #weight = 0
  #failed = false

  constructor(store: OutcomeStore) {
    this.#store = store
  }

  /** Outcomes that are not durable yet. */
  get backlog(): number {
    return this.#waiting.length + this.#committing
  }

  /** Whether so much waits for the store that it had better not become more. */
  get congested(): boolean {
    return this.#weight >= maxWeight
  }

  add(outcome: Outcome): void {
    this.#waiting.push(outcome)
    this.#weight += weightOf(outcome)
    this.#added.set()
    if (this.#waiting.length >= fullBatch) this.#full.set()
  }

  /**
   * Stores what is added, until it is cancelled: the body of a task.
   *
   * Cancellation: after the transaction that is on its way; what has been added since waits for `flush`.
   *
   * @throws StoreError when the store cannot take it
   */
  async run(listener: CommitListener): Promise<never> {
    for (;;) {
      if (this.#waiting.length === 0) {
        await this.#added.wait()
        this.#added.clear()
        continue
      }
      if (this.#waiting.length < fullBatch && !listener.starving) {
        this.#full.clear()
        await moveOnAfter(maxDelay, () => this.#full.wait())
      }
      await this.#commit(listener)
    }
  }

  /** Stores everything that has been added, unless the store has failed. For after `run` has ended. */
  async flush(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#failed) await this.#commit()
  }

  async #commit(listener?: CommitListener): Promise<void> {
    const batch = this.#takeBatch()
    this.#committing = batch.length
    try {
      await this.#store.commit(batch)
    } catch (error) {
      this.#failed = true
      throw error
    }
    // In one step: in between, the outcomes would be neither here nor accounted for.
    this.#committing = 0
    for (const outcome of batch) this.#weight -= weightOf(outcome)
    listener?.committed(batch.length)
  }

  #takeBatch(): Outcome[] {
    let weight = 0
    const end = this.#waiting.findIndex((outcome) => {
      weight += weightOf(outcome)
      return weight > maxBatch
    })
    // One that is too heavy goes alone.
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : Math.max(1, end))
  }
}

function weightOf(outcome: Outcome): number {
  if (outcome.result !== 'page') return 1
  const { links, page } = outcome
  return 1 + links.length / 100 + (page.body?.length ?? 0) / 20_000
}
