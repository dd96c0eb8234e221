import { gather, sleep } from '../../../src/index.ts'
import type { Service } from './service.ts'

export const tokenRotation: Service = {
  what: 'two calls refresh at once, and the second one uses a refresh token that was rotated away',
  program: (mended) => async () => {
    const server = { access: 'a1', refresh: 'r1', n: 1 }
    const client = { access: 'a0', refresh: 'r1' }
    let refreshing: Promise<void> | undefined
    async function api(): Promise<boolean> {
      const sent = client.access
      await sleep(5)
      return sent === server.access
    }
    async function refresh(): Promise<void> {
      const sent = client.refresh
      await sleep(8)
      if (sent !== server.refresh) throw new Error('signed out: the refresh token was used before')
      server.n += 1
      server.access = `a${server.n}`
      server.refresh = `r${server.n}`
      client.access = server.access
      client.refresh = server.refresh
    }
    async function call(): Promise<void> {
      if (await api()) return
      if (mended) await (refreshing ??= refresh().finally(() => (refreshing = undefined)))
      else await refresh()
      await api()
    }
    await gather({
      profile: call,
      feed: async () => {
        await sleep(20)
        await call()
      },
    })
  },
}
