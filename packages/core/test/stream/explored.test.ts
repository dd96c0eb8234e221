import { explore } from 'corral/testing'
import type { StrategyName } from 'corral/testing'
import { describe, expect, test } from 'vitest'
import { streamPrograms } from './stream-programs.ts'

// What holds in many orders, and with a cancellation, a deadline or a failure at each wake-up.
const violent: readonly StrategyName[] = ['cancel', 'timeout', 'fail']
const careful: readonly StrategyName[] = ['delay', 'time', 'delays', 'pct', 'random']

describe('explored', () => {
  test.each(streamPrograms)('$name', async ({ program, needsAll }) => {
    let schedules = 0
    if (needsAll === undefined) {
      const tried = await explore(program, { strategies: violent, budget: 1000 })
      schedules += tried.schedules
    }
    const tried = await explore(program, { strategies: careful, budget: 400 })
    schedules += tried.schedules
    const orders = await explore(program, { strategies: ['exhaustive'], budget: 1000 })
    schedules += orders.schedules
    expect(schedules).toBeGreaterThan(50)
  })
})
