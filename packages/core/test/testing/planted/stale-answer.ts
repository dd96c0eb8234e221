import { gather, sleep } from '../../../src/index.ts'
import type { Planted } from './planted.ts'

export const staleAnswer: Planted = {
  what: 'the answer to the older query comes later and overwrites the newer one',
  needs: 1,
  program: (mended) => async () => {
    let shown = ''
    let latest = 0
    const search = async (text: string): Promise<void> => {
      const number = ++latest
      await sleep(30) // the server thinks
      if (mended && number !== latest) return
      shown = text
    }
    await gather([
      () => search('cor'),
      async () => {
        await sleep(50)
        await search('corral')
      },
    ])
    if (shown !== 'corral') throw new Error(`shows the results for ${shown}`)
  },
}
