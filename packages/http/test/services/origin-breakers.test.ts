import { CircuitOpenError, sleep, timeout, TimeoutError } from 'corral'
import { testRun } from 'corral/testing'
import { describe, expect, it } from 'vitest'
import { HttpTimeoutError, OriginBreakers } from '../../src/index.ts'
import type { HttpResponse } from '../../src/index.ts'

const status = (code: number) => async () => ({ status: code }) as HttpResponse
const down = (): Promise<never> => Promise.reject(new Error('down'))

describe('OriginBreakers', () => {
  it('opens for one origin after failures in a row, 5xx or thrown, and hands a 5xx out', async () => {
    await testRun(async () => {
      const breakers = new OriginBreakers({ failures: 3, cooldown: 1000, jitter: 0 })
      expect((await breakers.use('http://a/1', status(503))).status).toBe(503)
      await expect(breakers.use('http://a/2', down)).rejects.toThrow('down')
      expect((await breakers.use('http://a/3', status(500))).status).toBe(500)
      await expect(breakers.use('http://a/4', status(200))).rejects.toThrow(CircuitOpenError)
      expect((await breakers.use('http://b/', status(200))).status).toBe(200)
      await sleep(1001)
      expect((await breakers.use('http://a/5', status(404))).status).toBe(404) // it answers
      expect((await breakers.use('http://a/6', status(200))).status).toBe(200)
    })
  })

  it('counts a cancellation neither way, nor waiting in our own line', async () => {
    await testRun(async () => {
      const breakers = new OriginBreakers({ failures: 2, jitter: 0 })
      const queued = (): Promise<never> =>
        Promise.reject(new HttpTimeoutError('timeout', 1, { url: 'http://a/', phase: 'queue' }))
      await expect(breakers.use('http://a/', down)).rejects.toThrow('down')
      const hanging = async (): Promise<HttpResponse> => {
        await sleep(600_000)
        return await status(200)()
      }
      for (let i = 0; i < 5; i += 1) {
        await expect(timeout(10, () => breakers.use('http://a/', hanging))).rejects.toThrow(
          TimeoutError,
        )
      }
      await expect(breakers.use('http://a/', down)).rejects.toThrow('down')
      await expect(breakers.use('http://a/', down)).rejects.toThrow(CircuitOpenError)
      for (let i = 0; i < 5; i += 1) {
        await expect(breakers.use('http://c/', queued)).rejects.toThrow(HttpTimeoutError)
      }
    })
  })

  it('lets one request try, at times that differ from origin to origin', async () => {
    await testRun(async () => {
      const half: number[] = []
      const breakers = new OriginBreakers({ failures: 1, cooldown: 10_000, jitter: 0.5 })
      for (let i = 0; i < 20; i += 1) {
        const url = `http://host-${i}/`
        await expect(breakers.use(url, down)).rejects.toThrow('down')
        const refused = await breakers.use(url, down).catch((error: unknown) => error)
        half.push((refused as CircuitOpenError).retryAfter)
      }
      expect(Math.min(...half)).toBeGreaterThanOrEqual(5000)
      expect(Math.max(...half)).toBeLessThanOrEqual(15_000)
      expect(new Set(half).size).toBeGreaterThan(10)
    })
  })

  it('refuses nonsense when it is made', () => {
    expect(() => new OriginBreakers({ failures: 0 })).toThrow('failures must be')
    expect(() => new OriginBreakers({ jitter: 1 })).toThrow('OriginBreakers: jitter must be')
  })
})
