// The main module of a worker thread of `explore`.
import { describe } from '../../kernel/guard.ts'
import { seededRandom } from '../run/seeded-random.ts'
import type { WorkerBrief, WorkerReply, WorkerTask } from './explore-team.ts'
import { fifo } from './plan.ts'
import { tryStrategies } from './portfolio.ts'
import { Search } from './search.ts'
import type { Known } from './strategy.ts'
import { workerPlace } from './worker-place.ts'

const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads')
const brief = workerData as WorkerBrief
const { index, count } = brief
workerPlace.within = true

let known: Promise<{ readonly search: Search } & Omit<Known, 'beginnings'>> | undefined

parentPort?.on('message', (task: WorkerTask) => {
  void answer(task).then((reply) => parentPort.postMessage(reply))
})

async function answer(task: WorkerTask): Promise<WorkerReply> {
  const { strategies, budget, beginnings, lateness } = task
  try {
    const { search, ...rest } = await (known ??= begin())
    search.lateness = lateness
    search.runs = 0
    const outcome = await tryStrategies(search, strategies, { ...rest, beginnings }, budget)
    const { attempts, found } = outcome
    if (found === undefined) return { attempts }
    return { attempts, found: { ...found, error: String(found.error) } }
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) }
  }
}

/** Loads the program, and runs it first come, first served. */
async function begin(): Promise<{ readonly search: Search } & Omit<Known, 'beginnings'>> {
  const exports = await load(brief.module)
  const main = exports[brief.main]
  if (typeof main !== 'function') {
    throw new Error(
      `explore: module must export main, the function ${brief.main}, got ${describe(main)} in ${brief.module}`,
    )
  }
  const search = new Search(main as () => unknown, brief.options)
  const base = (await search.runPlan(fifo)).driver.trace
  const wakes = base.wakes.filter((_, i) => i % count === index)
  return { search, base, wakes, random: seededRandom(brief.seed) }
}

async function load(module: string): Promise<Record<string, unknown>> {
  try {
    return (await import(module)) as Record<string, unknown>
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(`explore: module must be one that node can load by itself: ${module}: ${why}`, {
      cause: error,
    })
  }
}
