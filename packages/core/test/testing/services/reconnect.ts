import { gather, sleep } from '../../../src/index.ts'
import { Link } from '../../../src/testing.ts'
import type { Service } from './service.ts'

export const reconnect: Service = {
  what: 'the goodbye of an old connection takes the new one off the list',
  program: (mended) => async () => {
    const online = new Map<string, number>()
    let welcome: string | undefined
    const first = new Link<string>({ latency: 5 })
    const second = new Link<string>({ latency: 5 })
    async function serve(link: Link<string>, id: number): Promise<void> {
      for await (const message of link.b) {
        if (message !== 'hello') continue
        if (!mended || (online.get('ann') ?? 0) < id) online.set('ann', id)
        await link.b.write('welcome')
      }
      await sleep(2) // write the log
      if (!mended || online.get('ann') === id) online.delete('ann')
    }
    await gather({
      one: () => serve(first, 1),
      two: () => serve(second, 2),
      ann: async () => {
        await first.a.write('hello')
        await sleep(20)
        await first.a.close()
        await sleep(15)
        await second.a.write('hello')
        welcome = await second.a.read()
        await sleep(25)
        if (!online.has('ann')) throw new Error('ann is connected and nobody can see her')
        await second.a.close()
      },
    })
    if (welcome !== 'welcome') throw new Error('no welcome')
  },
}
