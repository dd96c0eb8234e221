import { Event, gather } from '../../../src/index.ts'
import { failpoint } from '../../../src/testing.ts'
import type { Planted } from './planted.ts'

export const missedNotify: Planted = {
  what: 'the consumer looks, then logs, then waits for a pulse that came in between',
  needs: 1,
  program: (mended) => async () => {
    const jobs: string[] = []
    let arrived = new Event()
    const done: string[] = []
    const produce = async (): Promise<void> => {
      for (const step of ['disk.open', 'disk.read', 'disk.close']) await failpoint(step)
      jobs.push('job')
      const before = arrived
      arrived = new Event()
      before.set()
    }
    const consume = async (): Promise<void> => {
      while (done.length === 0) {
        const pulse = arrived
        if (jobs.length === 0) {
          await failpoint('log.idle')
          await (mended ? pulse : arrived).wait()
        }
        done.push(...jobs.splice(0))
      }
    }
    await gather({ consume, produce })
  },
}
