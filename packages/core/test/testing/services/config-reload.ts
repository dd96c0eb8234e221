import { gather, sleep } from '../../../src/index.ts'
import type { Service } from './service.ts'

export const configReload: Service = {
  what: 'two reloads overlap, and the older file wins',
  program: (mended) => async () => {
    const file = { version: 1 }
    const live = { version: 1 }
    let asked = 0
    async function reload(): Promise<void> {
      const mine = ++asked
      await sleep(2) // read
      const { version } = file
      await sleep(6) // check
      if (mended && (mine !== asked || version < live.version)) return
      live.version = version
    }
    async function change(at: number): Promise<void> {
      await sleep(at)
      file.version += 1
      await reload()
    }
    await gather({ first: () => change(20), second: () => change(43) })
    if (live.version !== 3) throw new Error(`version ${live.version} is live`)
  },
}
