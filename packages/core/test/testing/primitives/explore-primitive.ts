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
 * Every order, every single and double delay, and cancellations, deadlines and failpoints at every
 * wake-up. Returns how many schedules that were.
 */
export async function explorePrimitive({ program, needsAll }: Primitive): Promise<number> {
  let schedules = 0
  if (needsAll === undefined) schedules += await tryAll(violent, 2000)
  schedules += await tryAll(careful, 600)
  schedules += await tryAll(['exhaustive'], 100_000)
  return schedules

  async function tryAll(strategies: readonly StrategyName[], budget: number): Promise<number> {
    const options: ExploreOptions = { strategies, budget }
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
