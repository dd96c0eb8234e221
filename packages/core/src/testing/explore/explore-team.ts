import type { Worker, WorkerOptions } from 'node:worker_threads'
import { MisuseError } from '../../errors.ts'
import type { RunOnceOptions } from '../run/run-once.ts'
import type { Plan } from './plan.ts'
import type { Attempt, Outcome } from './portfolio.ts'
import type { StrategyName } from './strategy.ts'

interface Threads {
  readonly Worker: new (file: URL, options: WorkerOptions) => Worker
}
interface Host {
  process?: { getBuiltinModule?: (id: string) => Threads | undefined }
}

/** What a worker is told when it begins. */
export interface WorkerBrief {
  readonly module: string
  /** Which of its exports is the program. */
  readonly main: string
  readonly options: RunOnceOptions
  readonly seed: number
  /** The worker's place among `count`. */
  readonly index: number
  readonly count: number
}

/** What a worker tries its share of. */
export interface WorkerTask {
  readonly strategies: readonly StrategyName[]
  readonly budget: number
  readonly beginnings: readonly (readonly number[])[]
  readonly lateness: number
}

export type WorkerReply =
  | {
      readonly attempts: readonly Attempt[]
      readonly found?: { readonly name: StrategyName; readonly plan: Plan; readonly error: string }
    }
  | { readonly refused: string }

/** Workers that share the schedules of each strategy. */
export class ExploreTeam implements Disposable {
  readonly #workers: readonly Worker[]

  constructor(brief: Omit<WorkerBrief, 'index' | 'seed'>, seeds: readonly number[]) {
    const threads = (globalThis as Host).process?.getBuiltinModule?.('node:worker_threads')
    if (threads === undefined) {
      throw new MisuseError('explore: workers: this platform has no worker threads; leave them out')
    }
    const file = import.meta.url.endsWith('.ts') ? './explore-worker.ts' : './explore-worker.js'
    this.#workers = seeds.map((seed, index) => {
      const workerData: WorkerBrief = { ...brief, seed, index }
      return new threads.Worker(new URL(file, import.meta.url), { workerData })
    })
  }

  get size(): number {
    return this.#workers.length
  }

  /** Has all of them try their share. The failure of the one that comes first in line counts, not the fastest's. */
  async try(
    strategies: readonly StrategyName[],
    budget: number,
    beginnings: WorkerTask['beginnings'],
    lateness: number,
  ): Promise<Outcome> {
    const count = this.size
    const replies = this.#workers.map((worker, index) => {
      const share = Math.floor((budget + index) / count)
      const mine = beginnings.filter((_, i) => i % count === index)
      const task: WorkerTask = { strategies, budget: share, beginnings: mine, lateness }
      worker.postMessage(task)
      return replyOf(worker)
    })
    void Promise.allSettled(replies) // those that nobody waits for any more
    let attempts: readonly Attempt[] = strategies.map((name) => ({
      name,
      schedules: 0,
      complete: true,
    }))
    for (const reply of replies) {
      const { attempts: theirs, found } = await reply
      attempts = attempts.map((attempt, i) => ({
        name: attempt.name,
        schedules: attempt.schedules + (theirs[i]?.schedules ?? 0),
        complete: attempt.complete && theirs[i]?.complete === true,
      }))
      if (found !== undefined) return { attempts, found }
    }
    return { attempts }
  }

  [Symbol.dispose](): void {
    for (const worker of this.#workers) void worker.terminate()
  }
}

async function replyOf(worker: Worker): Promise<Exclude<WorkerReply, { refused: string }>> {
  const { promise, resolve, reject } = Promise.withResolvers<WorkerReply>()
  const gone = (): void =>
    reject(new MisuseError('explore: workers: one of them ended; main must not exit'))
  worker.once('message', resolve).once('error', reject).once('exit', gone)
  try {
    const reply = await promise
    if ('refused' in reply) throw new MisuseError(reply.refused)
    return reply
  } finally {
    worker.off('message', resolve).off('error', reject).off('exit', gone)
  }
}
