import { gather, Lock, sleep } from '../../../src/index.ts'
import type { Planted } from './planted.ts'

export const writeBehind: Planted = {
  what: 'the older write reaches the disk after the newer one',
  needs: 1,
  program: (mended) => async () => {
    let disk = ''
    const lock = new Lock()
    const save = async (text: string): Promise<void> => {
      using _held = mended ? await lock.acquire() : undefined
      await sleep(5)
      disk = text
    }
    await gather([
      () => save('draft'),
      async () => {
        await sleep(20)
        await save('final')
      },
    ])
    if (disk !== 'final') throw new Error(`the disk says ${disk}`)
  },
}
