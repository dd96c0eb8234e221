import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { gather, sleep } from 'corral'
import { testRun } from 'corral/testing'
import { describe, expect, test } from 'vitest'
import { DnsCache, HttpSession } from '../../src/index.ts'
import { TestServer } from '../server.ts'

/** A resolver that answers when it is told to, and notes what it was asked. */
function resolver(): {
  readonly lookup: LookupFunction
  readonly asked: string[]
  answer(found: string[] | Error): void
} {
  const asked: string[] = []
  const waiting: Parameters<LookupFunction>[2][] = []
  return {
    asked,
    lookup: (hostname, options, callback) => {
      expect(options.all).toBe(true)
      asked.push(hostname)
      waiting.push(callback)
    },
    answer: (found) => {
      for (const callback of waiting.splice(0)) {
        const isError = found instanceof Error
        const addresses = isError ? [] : found.map((address) => ({ address, family: 4 }))
        callback(isError ? found : null, addresses)
      }
    },
  }
}

function ask(cache: DnsCache, hostname: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    cache.lookup(hostname, { all: true }, (error, found) => {
      if (error === null) resolve((found as LookupAddress[]).map(({ address }) => address))
      else reject(error)
    })
  })
}

const failure = (code: string): Error => Object.assign(new Error(code), { code })

describe('DnsCache', () => {
  test('looks a name up once for all who ask meanwhile, and again when its time is over', async () => {
    await testRun(async () => {
      const system = resolver()
      const cache = new DnsCache({ ttl: 1000, lookup: system.lookup })
      const asking = gather([() => ask(cache, 'a.test'), () => ask(cache, 'A.test')])
      await sleep(5)
      system.answer(['1.1.1.1', '2.2.2.2'])
      const both = ['1.1.1.1', '2.2.2.2']
      expect(await asking).toEqual([both, both])
      await sleep(990)
      expect(await ask(cache, 'a.test')).toEqual(['1.1.1.1', '2.2.2.2'])
      expect(system.asked).toEqual(['a.test'])
      await sleep(11)
      const again = ask(cache, 'a.test')
      system.answer(['3.3.3.3'])
      expect(await again).toEqual(['3.3.3.3'])
      expect(system.asked).toEqual(['a.test', 'a.test'])
    })
  })

  test('remembers for a while that there is no such name, and no other failure', async () => {
    await testRun(async () => {
      const system = resolver()
      const cache = new DnsCache({ negativeTtl: 100, lookup: system.lookup })
      const fails = async (code: string): Promise<void> => {
        const asking = ask(cache, 'a.test')
        system.answer(failure(code))
        await expect(asking).rejects.toMatchObject({ code })
      }
      await fails('EAI_AGAIN')
      expect(cache.size).toBe(0)
      await fails('ENOTFOUND')
      await expect(ask(cache, 'a.test')).rejects.toMatchObject({ code: 'ENOTFOUND' })
      expect(system.asked).toHaveLength(2)
      await sleep(101)
      await fails('ENOTFOUND')
      expect(system.asked).toHaveLength(3)
    })
  })

  test('forgets the name that was not asked for longest, and all when it is cleared', async () => {
    await testRun(async () => {
      const system = resolver()
      const cache = new DnsCache({ max: 2, lookup: system.lookup })
      const know = async (name: string): Promise<void> => {
        const asking = ask(cache, name)
        system.answer([name])
        expect(await asking).toEqual([name])
      }
      for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) await know(name)
      expect(system.asked).toEqual(['a', 'b', 'c', 'b'])
      expect(cache.size).toBe(2)
      const waiting = ask(cache, 'd')
      cache.clear()
      system.answer(['d'])
      expect(await waiting).toEqual(['d'])
      expect(cache.size).toBe(0)
    })
  })

  test('serves a session, whose guard still sees every address', async () => {
    await using server = await TestServer.http((request, response) => response.end(request.url))
    const { port } = new URL(server.url)
    const asked: string[] = []
    const { lookup } = new DnsCache({
      lookup: (hostname, _options, callback) => {
        asked.push(hostname)
        setImmediate(callback, null, [{ address: '127.0.0.1', family: 4 }])
      },
    })
    const seen: string[] = []
    const allowAddress = (address: string): boolean => seen.push(address) < 5
    await using session = new HttpSession({ keepAlive: 0, connect: { lookup, allowAddress } })
    const get = async (path: string): Promise<string> =>
      await (await session.get(`http://a.test:${port}/${path}`)).text()
    expect(await gather(['1', '2', '3'].map((path) => () => get(path)))).toEqual(['/1', '/2', '/3'])
    expect(await get('4')).toBe('/4')
    expect(asked).toEqual(['a.test'])
    await expect(get('5')).rejects.toMatchObject({ code: 'ADDRESS_REFUSED' })
    expect(seen).toHaveLength(5)
  })

  test('refuses what is no size and no time', () => {
    expect(() => new DnsCache({ max: 0 })).toThrow('DnsCache: max must be')
    expect(() => new DnsCache({ ttl: -1 })).toThrow('DnsCache: ttl must be')
  })
})
