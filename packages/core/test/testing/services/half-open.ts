import { gather, now, sleep } from '../../../src/index.ts'
import { always } from '../../../src/testing.ts'
import type { Service } from './service.ts'

export const halfOpen: Service = {
  what: 'a breaker that is half open lets a second probe through while it looks up its state',
  program: (mended) => async () => {
    const breaker = { openUntil: 20, probing: false }
    let probes = 0
    always('one probe at a time', () => probes <= 1)
    async function state(): Promise<'open' | 'half open'> {
      await sleep(1) // kept in a shared store
      return breaker.openUntil > now() || breaker.probing ? 'open' : 'half open'
    }
    async function call(): Promise<void> {
      if ((await state()) === 'open') return
      if (!mended) await sleep(1)
      else if (breaker.probing) return
      breaker.probing = true
      probes += 1
      await sleep(3)
      probes -= 1
      breaker.probing = false
    }
    await gather({
      first: async () => {
        await sleep(21)
        await call()
      },
      second: async () => {
        await sleep(29)
        await call()
      },
    })
  },
}
