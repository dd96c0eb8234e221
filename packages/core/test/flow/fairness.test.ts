import {
  CircuitBreaker,
  exponential,
  gather,
  gatherSettled,
  Keyed,
  mapConcurrent,
  open,
  race,
  retry,
  run,
} from 'corral'
import { describe, expect, test } from 'vitest'

/** Far more calls than fit into the share of a macrotask; a loop that starves the timer ends here. */
const MANY = 1_000_000

const keyed = new Keyed(() => 0)
const breaker = new CircuitBreaker()
const backoff = exponential({ base: 1 })

describe('a loop of calls that are ready at once lets timers through', () => {
  test.each<[name: string, call: () => Promise<unknown>]>([
    ['Keyed.use', () => keyed.use(1, () => 1)],
    ['CircuitBreaker.use', () => breaker.use(() => 1)],
    ['retry', () => retry(() => 1, { backoff })],
    [
      'open',
      () =>
        open(
          () => 1,
          () => {},
        ),
    ],
    ['gather of nothing', () => gather([])],
    ['gatherSettled of nothing', () => gatherSettled({})],
    ['gather', () => gather([() => 1])],
    ['race', () => race([() => 1])],
    ['mapConcurrent', () => mapConcurrent([], () => 1, { concurrency: 1 })],
  ])('%s', async (_name, call) => {
    await run(
      async () => {
        const timer = { ticked: false }
        setTimeout(() => (timer.ticked = true), 0)
        let calls = 0
        while (!timer.ticked && calls++ < MANY) await call()
        expect(calls).toBeLessThan(MANY)
      },
      { handleSignals: false },
    )
  })
})
