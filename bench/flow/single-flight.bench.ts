import { run, SingleFlight } from 'corral'
import type { Suite } from '../harness/suite.ts'

const callers = 10
const tick = Promise.resolve(1)

async function work(): Promise<number> {
  return await tick
}

/** `n` calls, `callers` of them for the same key at the same time. */
async function together(n: number, call: (key: number) => Promise<number>): Promise<void> {
  for (let i = 0; i < n; i += callers) {
    await Promise.all(Array.from({ length: callers }, () => call(i)))
  }
}

export const suites: Suite[] = [
  {
    title: 'SingleFlight, 10 callers',
    operation: 'one call; a piece of work for ten',
    n: 50_000,
    cases: {
      floor: (n) => {
        const flights = new Map<number, Promise<number>>()
        return together(n, (key) => {
          let flight = flights.get(key)
          if (flight === undefined) {
            flight = work().finally(() => flights.delete(key))
            flights.set(key, flight)
          }
          return flight
        })
      },
      corral: (n) =>
        run(async () => {
          const flights = new SingleFlight<number, number>()
          await together(n, (key) => flights.run(key, work))
        }),
    },
  },
]
