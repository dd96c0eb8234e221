import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readFile } from 'node:fs/promises'
import { setTimeout as nodeTimeout } from 'node:timers'
import { setInterval as ticks, setTimeout as after, scheduler } from 'node:timers/promises'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { currentSignal, gather, moveOnAfter, now, sleep, spawn, timeout } from '../../src/index.ts'
import { explore, ExploreFailure, TestFailure, testRun } from '../../src/testing.ts'

const hour = 3_600_000

describe('the platform inside a run', () => {
  test('setTimeout and sleep are of one time', () =>
    testRun(async () => {
      const order: string[] = []
      await gather({
        foreign: async () => {
          await new Promise((resolve) => {
            setTimeout(resolve, 2 * hour)
          })
          order.push('setTimeout')
        },
        ours: async () => {
          await sleep(hour)
          order.push('sleep')
        },
      })
      expect(order).toEqual(['sleep', 'setTimeout'])
      expect(now()).toBe(2 * hour)
    }))

  test('Date and performance.now tell its time', () =>
    testRun(
      async () => {
        const [date, elapsed] = [Date.now(), performance.now()]
        expect(new Date().toISOString()).toBe('2030-01-01T00:00:00.000Z')
        await sleep(hour)
        expect(Date.now() - date).toBe(hour)
        expect(performance.now() - elapsed).toBe(hour)
        expect(new Date(0).getTime()).toBe(0)
        expect(new Date()).toBeInstanceOf(Date)
        expect(new Date().constructor).toBe(Date)
      },
      { startTime: Date.UTC(2030, 0) },
    ))

  test('timers/promises, promisify and node:timers are of it, too', () =>
    testRun(async () => {
      expect(await after(hour, 'value')).toBe('value')
      await promisify(setTimeout)(hour)
      await scheduler.wait(hour)
      await new Promise((resolve) => {
        nodeTimeout(resolve, hour)
      })
      let rounds = 0
      for await (const value of ticks(hour, 'tick')) {
        expect(value).toBe('tick')
        if (++rounds === 3) break
      }
      expect(now()).toBe(7 * hour)
    }))

  test('a timer that is cleared, by its object or its number, never rings', () =>
    testRun(async () => {
      let rung = 0
      const ring = (): number => rung++
      clearTimeout(setTimeout(ring, 1))
      clearTimeout(Number(setTimeout(ring, 1)))
      const ticking = setInterval(ring, 10)
      await sleep(35)
      clearInterval(ticking)
      await sleep(100)
      expect(rung).toBe(3)
      const kept = setTimeout(ring, 10)
      await sleep(5)
      kept.refresh()
      await sleep(6)
      expect(rung).toBe(3)
      await sleep(5)
      expect(rung).toBe(4)
    }))

  test('AbortSignal.timeout aborts in its time', () =>
    testRun(async () => {
      const signal = AbortSignal.timeout(hour)
      await sleep(hour - 1)
      expect(signal.aborted).toBe(false)
      await sleep(1)
      expect(signal.reason).toMatchObject({ name: 'TimeoutError' })
    }))

  test('an abort ends a promised timer', () =>
    testRun(async () => {
      const signal = AbortSignal.timeout(10)
      await expect(after(hour, undefined, { signal })).rejects.toMatchObject({ name: 'AbortError' })
      expect(now()).toBe(10)
    }))

  test('a callback that throws fails the run', async () => {
    const failure = new Error('thrown in a callback')
    const fail = (): never => {
      throw failure
    }
    const run = testRun(async () => {
      setTimeout(fail, 5)
      await sleep(10)
    })
    await expect(run).rejects.toBe(failure)
  })

  test('an interval that is left over is a leak, a timer that keeps nothing alive is none', async () => {
    await testRun(() => void setTimeout(() => {}, 1000).unref())
    const left = testRun(() => void setInterval(() => {}, 1000))
    await expect(left).rejects.toMatchObject({ code: 'LEAK' })
    await expect(left).rejects.toThrow('setInterval, due in 1000 ms')
  })

  test('outside a run, and beside it, time is what it was', async () => {
    const before = Date.now()
    expect(before).toBeGreaterThan(Date.UTC(2020, 0))
    const outside = new Promise((resolve) => {
      setTimeout(resolve, 20)
    })
    await testRun(() => sleep(hour))
    await outside
    expect(Date.now() - before).toBeGreaterThanOrEqual(19)
  })

  test('with `platform: real` it is the machine that is asked', () =>
    testRun(
      async () => {
        expect(Date.now()).toBeGreaterThan(Date.UTC(2020, 0))
        await after(20)
        expect(now()).toBe(0)
      },
      { platform: 'real' },
    ))

  test('explore tries its orders: the answer to the older question comes later', async () => {
    const failure = await explore(async () => {
      let shown = ''
      const search = async (text: string): Promise<void> => {
        await after(30)
        shown = text
      }
      await gather({
        first: () => search('cor'),
        second: () => after(50).then(() => search('corral')),
      })
      if (shown !== 'corral') throw new Error(`shows ${shown}`)
    }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(ExploreFailure)
    expect((failure as Error).message).toContain('setTimeout')
  })
})

describe('what is real', () => {
  test('a request over a socket that an earlier run has left is waited for', async () => {
    const server = createServer((_request, response) => setTimeout(() => response.end('hi'), 20))
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const get = (): Promise<string> =>
      timeout(5000, async () => (await fetch(url, { signal: currentSignal() })).text())
    for (let i = 0; i < 4; i++) expect(await testRun(get)).toBe('hi')
    server.closeAllConnections()
    server.close()
  })

  test.each([
    ['a file', () => readFile(import.meta.filename)],
    ['a hash', () => crypto.subtle.digest('SHA-256', new Uint8Array(100))],
  ])('%s is waited for by testRun, and refused by explore each time', async (_what, real) => {
    await testRun(async () => {
      await real()
      await sleep(hour)
    })
    for (let i = 0; i < 5; i++) {
      const beside = explore(() => gather([real, () => sleep(1), () => sleep(2)]))
      await expect(beside).rejects.toMatchObject({ cause: { code: 'FOREIGN' } })
    }
  })

  test('what Node does in the next tick is no matter of luck', async () => {
    const tick = (): Promise<void> =>
      new Promise((resolve) => {
        process.nextTick(resolve)
      })
    const { schedules } = await explore(() => gather([tick, () => sleep(1), tick]))
    expect(schedules).toBeGreaterThan(10)
  })
})

describe('a run that gets nowhere', () => {
  const lost = async (): Promise<void> => {
    const beat = spawn(
      async () => {
        for (;;) await sleep(1000)
      },
      { name: 'heartbeat' },
    )
    await new Promise(() => {})
    beat.cancel()
  }

  test('a heartbeat beside it is no progress', async () => {
    const failure = await testRun(lost).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(TestFailure)
    expect((failure as Error).message).toContain('only heartbeat@sleep went on')
    await expect(explore(lost)).rejects.toThrow('heartbeat@sleep')
  })

  test('with a time limit it says who waits for what', async () => {
    const slow = async (): Promise<void> => {
      for (;;) {
        await moveOnAfter(5, () => sleep(10))
        await Promise.all(Array.from({ length: 20 }, (_, i) => sleep(i)))
      }
    }
    await expect(testRun(slow, { timeLimit: 100 })).rejects.toMatchObject({ code: 'TIMEOUT' })
    const explored = explore(() => sleep(1), {
      timeLimit: 50,
      budget: 10_000_000,
      strategies: ['random'],
    })
    await expect(explored).rejects.toThrow(
      /out of time after 50 ms: nothing was found in \d+ schedules/,
    )
  })
})
