import { Keyed, run, Semaphore } from 'corral'
import type { Suite } from '../harness/suite.ts'

const hosts = Array.from({ length: 100 }, (_, i) => `host-${i}`)

async function one(): Promise<number> {
  return 1
}

export const suites: Suite[] = [
  {
    title: 'Keyed, a semaphore for each of 100 hosts',
    operation: 'one call through the semaphore of its host, which comes and goes',
    n: 20_000,
    budgets: { floor: 2 },
    cases: {
      floor: async (n) => {
        const semaphores = new Map<string, Semaphore>()
        for (let i = 0; i < n; i++) {
          const host = hosts[i % hosts.length] as string
          let semaphore = semaphores.get(host)
          if (semaphore === undefined) semaphores.set(host, (semaphore = new Semaphore(2)))
          await semaphore.use(() => one())
          semaphores.delete(host)
        }
      },
      corral: (n) =>
        run(async () => {
          const keyed = new Keyed((_host: string) => new Semaphore(2))
          for (let i = 0; i < n; i++) {
            await keyed.use(hosts[i % hosts.length] as string, (semaphore) =>
              semaphore.use(() => one()),
            )
          }
        }),
    },
  },
]
