import { CancelScope, ClosedError, currentSignal, Lock } from 'corral'
import { RingBuffer } from 'corral/lowlevel'
import type { HostCalls } from './host-calls.ts'
import { Job } from './job.ts'

/** What an iteration has done by its pool. */
export interface IterationHost {
  /** Waits for a thread and starts the job. */
  begin(job: Job): Promise<void>
  more(job: Job, count: number): void
  stop(job: Job, reason: unknown): void
  /** The result of a job, once it is over. Cancelled while it waits, it stops the job. */
  outcome(job: Job): Promise<unknown>
  over(job: Job): void
}

/**
 * What a generator in a thread yields, and what it returns in the end. Made by `WorkerPool.iterate`; read by
 * one loop. Leaving the loop stops the work and waits until it has stopped.
 *
 * Cancellation: of the scope that made it, or of a wait for an item, stops the work; the wait throws after
 * it has stopped.
 */
export class WorkerIteration<Y, R>
  implements AsyncIterableIterator<Y, R, undefined>, AsyncDisposable
{
  readonly #host: IterationHost
  readonly #buffer: number
  readonly #job: Job
  readonly #signal: AbortSignal = currentSignal()
  readonly #turn = new Lock()
  /** Cancelled when it is left while it waits for a thread. */
  readonly #inLine = new CancelScope()
  readonly #items = new RingBuffer<Y>()
  readonly #aborted = (): void => this.#host.stop(this.#job, reasonOf(this.#signal.reason))
  #state: 'new' | 'begun' | 'ended' = 'new'
  #taken = 0
  #result: { readonly value: R } | undefined
  #failure: { readonly error: unknown } | undefined

  /** Made by `WorkerPool.iterate`, not by hand. */
  constructor(name: string, buffer: number, calls: HostCalls | undefined, host: IterationHost) {
    this.#host = host
    this.#buffer = buffer
    const over = (): void => {
      this.#signal.removeEventListener('abort', this.#aborted)
      host.over(this.#job)
    }
    this.#job = new Job(name, calls, over, (item) => this.#items.push(item as Y))
  }

  /** The next item. At the end it is `done`, with what the function returned. */
  async next(): Promise<IteratorResult<Y, R>> {
    try {
      using _turn = await this.#turn.acquire()
      if (this.#state === 'new') await this.#begin()
      while (this.#state === 'begun' && this.#items.size === 0) {
        if (this.#job.outcome !== undefined) return await this.#end()
        await this.#job.news()
      }
      return this.#state === 'begun' ? this.#take() : END
    } catch (error) {
      this.#failure ??= { error }
      await this.#leave(reasonOf(error))
      throw error
    }
  }

  /**
   * What the function returns in the end. Progress that was not read is dropped.
   *
   * Cancellation: stops the work.
   *
   * @throws what the function throws
   * @throws ClosedError when the iteration was left before its end
   */
  async result(): Promise<R> {
    for (;;) {
      if (this.#result !== undefined) return this.#result.value
      if (this.#failure !== undefined) throw this.#failure.error
      if (this.#state === 'ended') {
        throw new ClosedError(
          'WorkerIteration.result: it was left before its end; read it to the end',
        )
      }
      await this.next()
    }
  }

  /** Stops the work and waits until it has stopped. A loop that is left early does it by itself. */
  async return(): Promise<IteratorResult<Y, R>> {
    await this.#leave('the iteration was left')
    const { outcome } = this.#job
    if (outcome?.kind === 'failed' && this.#failure === undefined && this.#result === undefined) {
      const error = outcome.error('')
      this.#failure = { error }
      throw error
    }
    return END
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  get [Symbol.toStringTag](): string {
    return 'WorkerIteration'
  }

  async #begin(): Promise<void> {
    await this.#inLine.run(() => this.#host.begin(this.#job))
    if (this.#inLine.cancelledCaught) return
    const left = this.#state === 'ended'
    this.#state = 'begun'
    this.#signal.addEventListener('abort', this.#aborted)
    if (this.#signal.aborted) this.#aborted()
    if (left) await this.#leave('the iteration was left')
  }

  #take(): IteratorYieldResult<Y> {
    const value = this.#items.shift() as Y
    this.#taken += 1
    if (this.#taken * 2 >= this.#buffer) {
      this.#host.more(this.#job, this.#taken)
      this.#taken = 0
    }
    return { done: false, value }
  }

  async #end(): Promise<IteratorReturnResult<R>> {
    const value = (await this.#host.outcome(this.#job)) as R
    this.#result = { value }
    this.#state = 'ended'
    return { done: true, value }
  }

  async #leave(reason: unknown): Promise<void> {
    const begun = this.#state === 'begun'
    this.#inLine.cancel(reason)
    this.#state = 'ended'
    while (this.#items.size > 0) this.#items.shift()
    if (!begun) return
    this.#host.stop(this.#job, reason)
    await this.#job.ended()
  }
}

const END = { done: true, value: undefined } as IteratorReturnResult<never>

function reasonOf(error: unknown): unknown {
  return (error as { readonly reason?: unknown } | undefined)?.reason
}
