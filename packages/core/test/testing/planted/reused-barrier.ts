import { Barrier, Event, gather } from '../../../src/index.ts'
import { failpoint } from '../../../src/testing.ts'
import type { Planted } from './planted.ts'

export const reusedBarrier: Planted = {
  what: 'a fast worker comes round to the barrier again before the slow one has left it',
  needs: 1,
  program: (mended) => async () => {
    const real = new Barrier(2)
    let arrived = 0
    const open = new Event()
    const meet = async (): Promise<void> => {
      if (mended) {
        await real.wait()
        return
      }
      arrived += 1
      if (arrived === 2) open.set()
      else open.clear()
      await open.wait()
      arrived -= 1
    }
    const worker = (name: string) => async () => {
      for (let round = 0; round < 2; round++) {
        await failpoint(`${name} works`)
        await meet()
      }
    }
    await gather({ left: worker('left'), right: worker('right') })
  },
}
