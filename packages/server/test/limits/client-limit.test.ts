import { sleep } from 'corral'
import { testRun } from 'corral/testing'
import { describe, expect, it } from 'vitest'
import { api, clientLimit } from '../../src/index.ts'
import { testClient } from '../../src/testing.ts'
import { clientAddress, clientKey } from '../../src/limits/client-address.ts'
import { MemoryTransport } from '../../src/transport/memory-transport.ts'

const from = (remoteAddress: string, forwarded?: string): MemoryTransport =>
  new MemoryTransport('GET', '/', { 'x-forwarded-for': forwarded }, undefined, remoteAddress)

describe('the address of a client', () => {
  it.each([
    ['the socket, whatever is claimed', '9.9.9.9', '1.1.1.1', 0, '9.9.9.9'],
    ['what the one proxy heard', '10.0.0.1', '1.1.1.1, 2.2.2.2', 1, '2.2.2.2'],
    ['what the first of two heard', '10.0.0.1', 'fake, 1.1.1.1, 2.2.2.2', 2, '1.1.1.1'],
    ['the proxy itself when it says nothing', '10.0.0.1', undefined, 1, '10.0.0.1'],
    ['the first there is, of too few', '10.0.0.1', '1.1.1.1', 5, '1.1.1.1'],
    ['the socket when it is none', '10.0.0.1', 'no address', 1, '10.0.0.1'],
    ['without a port', '10.0.0.1', '1.1.1.1:4711', 1, '1.1.1.1'],
    ['without brackets', '10.0.0.1', '[2001:DB8::1]:80', 1, '2001:db8::1'],
    ['without the prefix of a mapped one', '::ffff:10.0.0.1', undefined, 0, '10.0.0.1'],
  ])('is %s', (_, remote, forwarded, proxies, address) => {
    expect(clientAddress(from(remote, forwarded), proxies)).toBe(address)
  })

  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0db8:0001::5:6', '2001:db8:1:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::', 'fe80:0:0:0::/64'],
  ])('counts %s as %s', (address, key) => {
    expect(clientKey(address)).toBe(key)
  })
})

describe('clientLimit', () => {
  it('lets a client ask so often, all at once too, and says when it may again', async () => {
    const app = api().get('/', () => 'ok')
    await testRun(async () => {
      const limit = clientLimit({ limit: 3, interval: 60_000 })
      await using client = await testClient(app, { clientLimit: limit, trustedProxies: 1 })
      const ask = async (address: string): Promise<number> =>
        (await client.get('/', { headers: { 'x-forwarded-for': address } })).status
      const statuses: number[] = []
      for (let i = 0; i < 4; i += 1) statuses.push(await ask('2001:db8::1'))
      statuses.push(await ask('2001:db8::2'), await ask('2001:db8:0:1::1'))
      expect(statuses).toEqual([200, 200, 200, 429, 429, 200])
      const refused = await client.get('/', { headers: { 'x-forwarded-for': '2001:db8::3' } })
      expect(refused.headers).toMatchObject({ 'retry-after': 20 })
      expect((await client.get('/readyz')).status).toBe(200)
      await sleep(20_000)
      expect([await ask('2001:db8::1'), await ask('2001:db8::1')]).toEqual([200, 429])
      await sleep(60_000)
      const again: number[] = []
      for (let i = 0; i < 4; i += 1) again.push(await ask('2001:db8::1'))
      expect(again).toEqual([200, 200, 200, 429])
    })
  })

  it('refuses before a place is taken, and counts a route by any key', async () => {
    const app = api()
    const limit = clientLimit({
      limit: 1,
      interval: 1000,
      key: ({ headers }) => headers['x-user'] as string | undefined,
    })
    app.post('/slow', () => sleep(600_000), { limit: 1, clientLimit: limit })
    await testRun(async () => {
      await using client = await testClient(app)
      const post = async (headers = {}): Promise<number> =>
        (await client.post('/slow', { headers })).status
      const held = client.post('/slow', { headers: { 'x-user': 'ann' } })
      await sleep(1)
      expect([await post({ 'x-user': 'ann' }), await post({ 'x-user': 'bob' })]).toEqual([429, 503])
      expect(await post()).toBe(503)
      held.disconnect()
      await held.ended()
    })
  })

  it('forgets who has not asked for two intervals', async () => {
    await testRun(async () => {
      const limit = clientLimit({ limit: 1, interval: 1000 })
      for (let i = 0; i < 1000; i += 1) limit.check(from(`10.0.${i >> 8}.${i & 255}`), `${i}`)
      expect(limit.size).toBe(1000)
      await sleep(1000)
      limit.check(from('10.0.0.1'), 'x')
      await sleep(1000)
      limit.check(from('10.0.0.1'), 'y')
      expect(limit.size).toBe(2)
    })
  })

  it('refuses nonsense', () => {
    expect(() => clientLimit({ limit: 0, interval: 1 })).toThrow('clientLimit: limit must be')
    expect(() => clientLimit({ limit: 1, interval: 0 })).toThrow('clientLimit: interval must be')
  })
})
