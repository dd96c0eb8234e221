import type { Transferable } from 'node:worker_threads'
import {
  checkpoint,
  ClosedError,
  currentDeadline,
  FullError,
  isCancelled,
  now,
  Pool,
  shield,
  sleep,
  TaskCancelledError,
  throwIfCancelled,
} from 'corral'
import type { PoolLease } from 'corral'
import { report, requireLimit } from 'corral/lowlevel'
import type {
  ArgumentsOf,
  FunctionsOf,
  GeneratorsOf,
  ItemOf,
  ResultOf,
} from '../thread/signatures.ts'
import { HostCalls } from './host-calls.ts'
import { Job } from './job.ts'
import { moduleUrl } from './module-url.ts'
import { settingsOf } from './options.ts'
import type { IterateOptions, PoolSettings, RunOptions, WorkerPoolOptions } from './options.ts'
import { WorkerIteration } from './worker-iteration.ts'
import { PoolWorker } from './pool-worker.ts'
import type { Call } from './pool-worker.ts'

/**
 * Threads, or processes, for work that computes: the functions of one module, called by name, one call at a
 * time in each thread. Calls wait in line, first come first served. Threads are started when they are needed.
 *
 * Cancellation: a call throws only after its work has stopped. It is asked to, at a `checkpoint`; a
 * function that does not come to one within `grace` is ended with its thread. No other call is touched.
 *
 * @example
 * import type { primes } from './primes.ts'
 * await using pool = new WorkerPool<typeof primes>(new URL('./primes.ts', import.meta.url))
 * const count = await pool.run('count', [1_000_000])
 * @see concurrent.futures.ProcessPoolExecutor, piscina
 */
export class WorkerPool<M> implements AsyncDisposable {
  readonly #settings: PoolSettings
  readonly #threads: Pool<PoolWorker>
  readonly #jobs = new Map<Job, PoolLease<PoolWorker>>()
  /** Calls in line or under way. */
  #calls = 0
  #closed = false

  /**
   * @param module the URL of the module that exports what `defineWorker` returns
   * @throws MisuseError for an option out of range
   */
  constructor(module: URL | string, options: WorkerPoolOptions = {}) {
    const url = moduleUrl(module)
    const settings = settingsOf(options)
    this.#settings = { ...settings, onError: settings.onError ?? report }
    const { threads, min, idle } = settings
    this.#threads = new Pool({
      create: () => PoolWorker.start(url, this.#settings),
      destroy: (thread) => thread.end(),
      max: threads,
      min,
      idle,
      name: 'threads',
      ...(settings.onError && { onError: settings.onError }),
    })
  }

  /** How many threads there are: idle, busy, starting or ending. */
  get threads(): number {
    return this.#threads.size
  }

  /** How many calls are under way in a thread. */
  get running(): number {
    return this.#jobs.size
  }

  /** How many calls wait for a thread. */
  get waiting(): number {
    return this.#calls - this.#jobs.size
  }

  /**
   * Calls a function in a thread. Of a generator it takes what it returns in the end.
   *
   * Cancellation: leaves the line, or stops the work and throws after it has stopped.
   *
   * @throws what the function throws, with the stack of the thread and below it that of the caller
   * @throws WorkerError when its thread did not live to the end, or something cannot be copied
   * @throws FullError when there are `maxQueue` in line already
   * @throws ClosedError when the pool is closed, also meanwhile
   */
  async run<K extends keyof FunctionsOf<M> & string>(
    name: K,
    ...[args = [], options = {}]: ArgumentsOf<FunctionsOf<M>[K], RunOptions>
  ): Promise<ResultOf<FunctionsOf<M>[K]>> {
    const deadline = currentDeadline()
    const context = this.#context()
    const job = new Job(name, this.#hostCalls(), () => this.#over(job))
    await this.#begin(job, { args, context, deadline, window: 0 }, options.transfer)
    return (await this.#outcome(job, deadline)) as ResultOf<FunctionsOf<M>[K]>
  }

  /**
   * Calls a generator in a thread and hands out what it yields, as it is read: its progress, or a
   * result in pieces. Nothing is started before the first `next`. The generator waits for a slow reader.
   *
   * Cancellation: of the scope that `iterate` is called in stops the work, as does leaving the loop;
   * both wait until it has stopped.
   *
   * @throws while it is read, what `run` throws
   * @example
   * for await (const done of pool.iterate('thumbnails', [paths])) console.log(done)
   */
  iterate<K extends GeneratorsOf<FunctionsOf<M>> & string>(
    name: K,
    ...[args = [], options = {}]: ArgumentsOf<FunctionsOf<M>[K], IterateOptions>
  ): WorkerIteration<ItemOf<FunctionsOf<M>[K]>, ResultOf<FunctionsOf<M>[K]>> {
    const { buffer = 16, transfer } = options
    requireLimit('WorkerPool.iterate: buffer', buffer)
    const deadline = currentDeadline()
    const context = this.#context()
    return new WorkerIteration(name, buffer, this.#hostCalls(), {
      begin: (job) => this.#begin(job, { args, context, deadline, window: buffer }, transfer),
      more: (job, count) => this.#jobs.get(job)?.value.more(job, count),
      stop: (job, reason) => this.#stop(job, reason),
      outcome: (job) => this.#outcome(job, deadline),
      over: (job) => this.#over(job),
    })
  }

  /** Stops what is under way (it throws `ClosedError`), ends every thread, and waits for it. */
  async close(): Promise<void> {
    this.#closed = true
    for (const job of this.#jobs.keys()) this.#stop(job, 'the pool is closed')
    await shield(() => this.#threads.drain())
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  get [Symbol.toStringTag](): string {
    return 'WorkerPool'
  }

  /** The values that travel, as they are here. */
  #context(): unknown[] | undefined {
    const { context } = this.#settings
    return context.length === 0 ? undefined : context.map(([, local]) => local.get())
  }

  /** Belongs to where the call is made. */
  #hostCalls(): HostCalls | undefined {
    const { host } = this.#settings
    return host && new HostCalls(host)
  }

  /** Waits for a thread and gives it the job. */
  async #begin(job: Job, call: Call, transfer: readonly Transferable[] | undefined): Promise<void> {
    const { threads, maxQueue } = this.#settings
    if (this.#closed) throw closed()
    if (this.#calls >= threads + maxQueue) {
      throw new FullError(
        `WorkerPool: ${this.#calls} calls are in line or under way, which is threads + maxQueue; wait for some of yours first`,
      )
    }
    this.#calls += 1
    let lease: PoolLease<PoolWorker> | undefined
    try {
      lease = await this.#threads.acquire()
      while (!lease.value.alive) {
        giveBack(lease) // it has crashed while it was idle
        lease = undefined
        lease = await this.#threads.acquire()
      }
      throwIfCancelled()
      if (this.#closed) throw closed()
      lease.value.begin(job, call, transfer)
      this.#jobs.set(job, lease)
    } catch (error) {
      this.#calls -= 1
      if (lease !== undefined) giveBack(lease)
      throw error instanceof ClosedError ? closed() : error
    }
  }

  /** The result of a job that has begun. */
  async #outcome(job: Job, deadline: number): Promise<unknown> {
    try {
      while (job.outcome === undefined) await job.news()
    } catch (error) {
      this.#stop(job, isCancelled(error) ? error.reason : error)
      await job.ended()
      // Work that fails with something else while it is cancelled: that is what is thrown.
      throw hasFailed(job) ? failure(job) : error
    }
    if (job.calls !== undefined) await job.ended()
    switch (job.outcome.kind) {
      case 'value':
        return job.outcome.value
      case 'failed':
        throw failure(job)
      case 'cancelled':
        return await this.#cancelled(job, deadline, job.outcome.reason)
    }
  }

  /** It was cancelled, but not by a cancellation of this wait. */
  async #cancelled(job: Job, deadline: number, reason: string | undefined): Promise<never> {
    await checkpoint()
    if (job.stopping && this.#closed) throw closed()
    // The thread has the same deadline and was first to see it pass: ours is about to.
    if (!job.stopping && now() >= deadline - 5) await sleep(Math.max(1, deadline + 1 - now()))
    await checkpoint()
    throw new TaskCancelledError(job.name, reason)
  }

  #stop(job: Job, reason: unknown): void {
    this.#jobs.get(job)?.value.stop(job, reason)
  }

  #over(job: Job): void {
    const lease = this.#jobs.get(job)
    if (lease === undefined) return
    this.#jobs.delete(job)
    this.#calls -= 1
    giveBack(lease)
  }
}

function giveBack(lease: PoolLease<PoolWorker>): void {
  if (lease.value.alive) void lease[Symbol.asyncDispose]()
  else lease.discard()
}

function hasFailed({ outcome }: Job): boolean {
  return outcome?.kind === 'failed'
}

function failure({ outcome }: Job): unknown {
  return outcome?.kind === 'failed' ? outcome.error(callerStack()) : undefined
}

/** Where the call came from: the frames of the engine's async stack below those of this package. */
function callerStack(): string {
  const [, ...lines] = (new Error('here').stack ?? '').split('\n')
  const last = lines.findLastIndex((line) => / WorkerPool\.| WorkerIteration\./.test(line))
  return lines.slice(last + 1).join('\n')
}

function closed(): ClosedError {
  return new ClosedError('WorkerPool: the pool is closed; make a new one')
}
