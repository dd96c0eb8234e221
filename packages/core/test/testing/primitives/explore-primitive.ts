import { fifo, printPlan } from '../../../src/testing/explore/plan.ts'
import { tryStrategies } from '../../../src/testing/explore/portfolio.ts'
import { Search } from '../../../src/testing/explore/search.ts'
import { seededRandom } from '../../../src/testing/run/seeded-random.ts'
import { trialOptions } from '../../../src/testing/run/test-run.ts'
import { explore } from '../../../src/testing.ts'
import type { ExploreOptions, StrategyName } from '../../../src/testing.ts'
import { channelPrograms } from './channel-programs.ts'
import { flowPrograms } from './flow-programs.ts'
import { gatherPrograms } from './gather-programs.ts'
import { groupPrograms } from './group-programs.ts'
import { limitPrograms } from './limit-programs.ts'
import { lockPrograms } from './lock-programs.ts'
import { queuePrograms } from './queue-programs.ts'
import { scopePrograms } from './scope-programs.ts'
import { signalPrograms } from './signal-programs.ts'
import { must } from './primitive.ts'
import type { Primitive } from './primitive.ts'

/** All of them. */
export const primitives: readonly Primitive[] = [
  ...lockPrograms,
  ...signalPrograms,
  ...queuePrograms,
  ...channelPrograms,
  ...scopePrograms,
  ...groupPrograms,
  ...gatherPrograms,
  ...limitPrograms,
  ...flowPrograms,
]

const careful: readonly StrategyName[] = ['delay', 'time', 'delays']
const violent: readonly StrategyName[] = ['cancel', 'timeout', 'fail']

/**
 * Every order, on time and with one timer late, every single and double delay, and cancellations, deadlines
 * and failpoints at every wake-up. Returns how many schedules that were.
 */
export async function explorePrimitive({ program, needsAll }: Primitive): Promise<number> {
  let schedules = 0
  if (needsAll === undefined) schedules += await tryAll(violent, 2000)
  schedules += await tryAll(careful, 600)
  schedules += await tryAll(['exhaustive'], 100_000, { lateness: 0 })
  return schedules + (await everyOrderWithOneLateTimer(program))

  async function tryAll(
    strategies: readonly StrategyName[],
    budget: number,
    more: ExploreOptions = {},
  ): Promise<number> {
    const options: ExploreOptions = { strategies, budget, ...more }
    let [begun, ended, passed] = [0, 0, 0]
    const explored = await explore(async () => {
      begun += 1
      try {
        await program()
        passed += 1
      } finally {
        ended += 1
      }
    }, options)
    must(begun === ended && passed > 1, `begun ${begun} times, ended ${ended}, passed ${passed}`)
    const all = explored.strategies.every(({ complete }) => complete)
    must(all || !strategies.includes('exhaustive'), 'there are too many orders')
    return explored.schedules
  }
}

/** So many orders with one late timer are tried of each. */
const LATE_ORDERS = 400

/** In each order time moves on past somebody once at the most. */
async function everyOrderWithOneLateTimer(program: () => unknown): Promise<number> {
  const options = trialOptions('explore', program, { foreign: 'error', maxSteps: 100_000 })
  const search = new Search(program, options)
  const base = (await search.replay(fifo)).driver.trace
  const random = seededRandom(1)
  const known = { base, wakes: base.wakes, beginnings: [[]], moves: 1, random }
  const { found } = await tryStrategies(search, ['exhaustive'], known, LATE_ORDERS)
  if (found !== undefined) throw new Error(printPlan(found.plan), { cause: found.error })
  return search.runs
}
