import { sleep } from 'corral'
import { testRun } from 'corral/testing'
import { describe, expect, test } from 'vitest'
import { parseProxy, ProxyRefusal } from '../../src/connect/proxy.ts'
import { ProxyPool } from '../../src/connect/proxy-pool.ts'
import { HttpError, HttpSession } from '../../src/index.ts'
import type { HttpErrorCode } from '../../src/index.ts'
import { TestServer } from '../server.ts'

function failure(code: HttpErrorCode, cause?: Error): HttpError {
  return new HttpError(code, code, { url: 'http://a.test/', phase: 'connect', cause })
}

function pool(): { readonly proxies: ProxyPool; pick(): string; fail(error?: unknown): void } {
  const proxies = new ProxyPool(['a', 'b', 'c'].map((name) => parseProxy(`http://${name}.test`)))
  return {
    proxies,
    pick: () => proxies.pick()?.url.hostname.slice(0, 1) ?? '',
    fail: (error = failure('CONNECT')) => {
      const proxy = proxies.pick()
      if (proxy !== undefined) proxies.failed(proxy, error)
    },
  }
}

describe('ProxyPool', () => {
  test('lets proxies take turns, and none is none', async () => {
    await testRun(() => {
      const { pick } = pool()
      expect([pick(), pick(), pick(), pick()]).toEqual(['a', 'b', 'c', 'a'])
      expect(new ProxyPool([]).pick()).toBeUndefined()
      return Promise.resolve()
    })
  })

  test('leaves one that failed alone, longer each time, until it succeeds', async () => {
    await testRun(async () => {
      const { proxies, pick, fail } = pool()
      fail()
      expect([pick(), pick(), pick()]).toEqual(['b', 'c', 'b'])
      await sleep(1001)
      expect(pick()).toBe('c')
      fail() // a, for the second time
      await sleep(1001)
      expect([pick(), pick()]).toEqual(['b', 'c'])
      await sleep(1000)
      const a = proxies.pick()
      expect(a?.url.hostname).toBe('a.test')
      if (a !== undefined) proxies.succeeded(a)
      expect([pick(), pick(), pick()]).toEqual(['b', 'c', 'a'])
    })
  })

  test('tries the one that is due first when all are down', async () => {
    await testRun(async () => {
      const { pick, fail } = pool()
      for (let count = 0; count < 3; count++) {
        fail()
        await sleep(10)
      }
      expect([pick(), pick()]).toEqual(['a', 'a'])
    })
  })

  test('blames no proxy for the host behind it', async () => {
    await testRun(() => {
      const { pick, fail } = pool()
      fail(failure('TLS'))
      fail(failure('CONNECT', new ProxyRefusal('status 502', false)))
      fail(failure('ADDRESS_REFUSED'))
      expect(pick()).toBe('a')
      fail(failure('CONNECT', new ProxyRefusal('407', true)))
      expect([pick(), pick()]).toEqual(['c', 'a'])
      return Promise.resolve()
    })
  })
})

test('a session asks by another proxy when one is down', async () => {
  const asked: string[] = []
  const proxy = (name: string): Promise<TestServer> =>
    TestServer.http((request, response) => {
      asked.push(`${name} ${request.url}`)
      response.end('ok')
    })
  await using one = await proxy('one')
  await using two = await proxy('two')
  await using gone = await proxy('gone')
  const { url } = gone
  await gone[Symbol.asyncDispose]()
  const connect = { proxy: [one.url, url, two.url] }
  await using session = new HttpSession({ keepAlive: 0, connect })
  const get = async (path: string): Promise<string> => {
    try {
      return await (await session.get(`http://a.test/${path}`)).text()
    } catch (error) {
      return (error as HttpError).code
    }
  }
  const said: string[] = []
  for (const path of ['1', '2', '3', '4', '5']) said.push(await get(path))
  expect(said).toEqual(['ok', 'CONNECT', 'ok', 'ok', 'ok'])
  expect(asked).toEqual([
    'one http://a.test/1',
    'two http://a.test/3',
    'one http://a.test/4',
    'two http://a.test/5',
  ])
})
