import { shield, timeout } from 'corral'
import { testRun } from 'corral/testing'
import { describe, expect, it } from 'vitest'
import { Propagation } from '../../src/services/propagation.ts'
import type { Outgoing } from '../../src/exchange/outgoing.ts'

const to = (url: string): Outgoing => ({
  url: new URL(url),
  method: 'GET',
  headers: { accept: '*/*' },
  body: undefined,
})
const trace = (): { traceparent: string; tracestate: string } => ({
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  tracestate: 'a=1',
})

describe('propagation', () => {
  it('tells the time left and the trace to origins of the house, and nobody else', async () => {
    await testRun(async () => {
      const along = new Propagation(['http://inventory', 'https://stock:8443/'], trace)
      await timeout(2000, async () => {
        expect(along.of(to('http://inventory/x?y')).headers).toEqual({
          accept: '*/*',
          'request-timeout-ms': '2000',
          ...trace(),
        })
        expect(along.of(to('https://stock:8443/')).headers).toHaveProperty('traceparent')
        for (const url of [
          'http://inventory.evil/',
          'https://inventory/',
          'http://inventory:81/',
        ]) {
          expect(along.of(to(url)).headers).toEqual({ accept: '*/*' })
        }
      })
    })
  })

  it('says nothing of time where there is no end, and the nearest shield hides the end', async () => {
    await testRun(async () => {
      const along = new Propagation(['http://a'])
      expect(along.of(to('http://a/')).headers).toEqual({ accept: '*/*' })
      await timeout(50, () =>
        shield(async () => expect(along.of(to('http://a/')).headers).toEqual({ accept: '*/*' })),
      )
    })
  })

  it.each([['inventory'], ['http://a/path'], ['ftp:nothing'], [7]])('refuses %j', (origin) => {
    expect(() => new Propagation([origin as string])).toThrow('HttpSession: propagate must be')
  })
})
