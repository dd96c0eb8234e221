import { gather, now, sleep } from '../../../src/index.ts'
import type { Planted } from './planted.ts'

export const twoLeaders: Planted = {
  what: 'the leader is so slow that its lease has run out when it writes',
  needs: 1,
  program: (mended) => async () => {
    const lease = { holder: '', until: 0, term: 0 }
    const log: { readonly by: string; readonly term: number }[] = []
    const lead = (name: string, after: number) => async () => {
      await sleep(after)
      if (now() < lease.until) return
      lease.holder = name
      lease.until = now() + 100
      lease.term += 1
      const { term } = lease
      await sleep(20) // reads the state of the world
      if (mended && term !== lease.term) return // fenced off by the storage
      log.push({ by: name, term })
    }
    await gather([lead('first', 0), lead('second', 150)])
    const terms = log.map(({ term }) => term)
    if (terms.some((term, i) => i > 0 && term < (terms[i - 1] as number))) {
      throw new Error('an old leader wrote after a new one')
    }
  },
}
