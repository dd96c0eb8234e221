import { gather, moveOnAfter, Semaphore, shield, sleep } from '../../../src/index.ts'
import { always } from '../../../src/testing.ts'
import type { Service } from './service.ts'

export const poolTimeout: Service = {
  what: 'a query that ran out of time gives its connection back while the server still works on it',
  program: (mended) => async () => {
    const busy = new Set<string>()
    const idle = ['c1']
    const permits = new Semaphore(1)
    const clashes: string[] = []
    always('one query per connection', () => clashes.length === 0)
    async function query(ms: number): Promise<void> {
      using _permit = await permits.acquire()
      const connection = idle.pop() ?? 'c2'
      if (busy.has(connection)) clashes.push(connection)
      busy.add(connection)
      let done = false
      const { timedOut } = await moveOnAfter(25, async () => {
        await sleep(ms)
        done = true
        busy.delete(connection)
      })
      if (mended && timedOut && !done) {
        await shield(() => sleep(5)) // tells the server, and waits
        busy.delete(connection)
      }
      idle.push(connection)
    }
    await gather({
      report: () => query(20),
      page: async () => {
        await sleep(30)
        await query(3)
      },
    })
  },
}
