import { explore } from '../../../src/testing.ts'
import type { StrategyName } from '../../../src/testing.ts'
import { channelPrograms } from './channel-programs.ts'
import { flowPrograms } from './flow-programs.ts'
import type { Primitive } from './primitive.ts'
import { syncPrograms } from './sync-programs.ts'

/** All of them. */
export const primitives: readonly Primitive[] = [
  ...syncPrograms,
  ...channelPrograms,
  ...flowPrograms,
]

const careful: readonly StrategyName[] = ['delay', 'time', 'delays']
const violent: readonly StrategyName[] = ['cancel', 'timeout', 'fail']

/**
 * Every order unless it is large, every single and double delay, and cancellations, deadlines and
 * failpoints at every wake-up. Returns how many schedules that were.
 */
export async function explorePrimitive({ program, large, needsAll }: Primitive): Promise<number> {
  let schedules = 0
  if (needsAll === undefined) {
    schedules += (await explore(program, { strategies: violent, budget: 2000 })).schedules
  }
  schedules += (await explore(program, { strategies: careful, budget: 600 })).schedules
  if (large === undefined) {
    const all = await explore(program, { strategies: ['exhaustive'], budget: 15_000 })
    schedules += all.schedules
    if (!all.strategies.every(({ complete }) => complete)) throw new Error('too many orders')
  }
  return schedules
}
