import {
  Cancelled,
  CancelScope,
  CircuitBreaker,
  CircuitOpenError,
  exponential,
  fixed,
  gather,
  isCancelled,
  MisuseError,
  now,
  retry,
  RetryBudget,
  shield,
  sleep,
  spawn,
  timeout,
  TimeoutError,
} from 'corral'
import { testRun } from 'corral/testing'
import { describe, expect, expectTypeOf, test } from 'vitest'

/** Work that fails `times` times. */
function flaky(times: number, error: unknown = new Error('flaky')) {
  const calls: number[] = []
  const work = async (attempt: number): Promise<string> => {
    calls.push(attempt)
    if (attempt <= times) throw error
    return 'done'
  }
  return { work, calls }
}

describe('retry', () => {
  test('retry gives the first success, and tells fn the number of the attempt', () =>
    testRun(async () => {
      const { work, calls } = flaky(2)
      expect(await retry(work, { attempts: 5 })).toBe('done')
      expect(calls).toEqual([1, 2, 3])
    }))

  test('a call that an open circuit breaker refused spends no attempt: who waits for it to close succeeds', () =>
    testRun(async () => {
      const breaker = new CircuitBreaker({ failures: 3, cooldown: 2000 })
      let calls = 0
      const call = () =>
        breaker.use(async () => {
          calls += 1
          await sleep(10)
          if (now() < 2500) throw new Error('down')
          return 'ok'
        })
      const one = (i: number) => async () => {
        await sleep(i)
        return retry(call, { attempts: 5, backoff: exponential({ base: 1000, jitter: 0 }) })
      }
      expect(await gather([one(0), one(1), one(2), one(3)])).toEqual(['ok', 'ok', 'ok', 'ok'])
      expect(calls).toBeLessThan(12)
    }))

  test('refused calls take nothing of backoff and budget, and wait as long as the breaker says', () =>
    testRun(async () => {
      const breaker = new CircuitBreaker({ failures: 1, cooldown: 500 })
      await breaker.use(() => Promise.reject(new Error('down'))).catch(() => {})
      const budget = new RetryBudget({ max: 1, ratio: 0 })
      const planned: [number, number, number][] = []
      let calls = 0
      const failing = retry(
        () =>
          breaker.use(() => {
            calls += 1
            throw new Error(`failed ${calls}`)
          }),
        {
          attempts: 3,
          backoff: [100, 100],
          budget,
          onRetry: (error, attempt, delay) =>
            void planned.push([error instanceof CircuitOpenError ? 0 : 1, attempt, delay]),
        },
      )
      await expect(failing).rejects.toThrow('failed 2')
      expect(planned).toEqual([
        [0, 1, 500],
        [1, 1, 100],
        [0, 2, 400],
      ])
      expect([now(), budget.left]).toEqual([1000, 0])
    }))

  test('a refusal is final where shouldRetry says so, and in a cancelled scope', () =>
    testRun(async () => {
      const breaker = new CircuitBreaker({ failures: 1, cooldown: 500 })
      await breaker.use(() => Promise.reject(new Error('down'))).catch(() => {})
      const shouldRetry = (error: unknown): boolean => !(error instanceof CircuitOpenError)
      const refused = retry(() => breaker.use(() => 1), { shouldRetry })
      await expect(refused).rejects.toThrow(CircuitOpenError)
      await expect(timeout(100, () => retry(() => breaker.use(() => 1)))).rejects.toThrow(
        TimeoutError,
      )
      expect(now()).toBe(100)
    }))

  test('a breaker without a cooldown does not make a loop of its refusals', () =>
    testRun(async () => {
      const breaker = new CircuitBreaker({ failures: 1, cooldown: 0 })
      await breaker.use(() => Promise.reject(new Error('down'))).catch(() => {})
      const trial = spawn(() => breaker.use(() => sleep(50)))
      await sleep(0)
      let refusals = 0
      const onRetry = (): void => void (refusals += 1)
      expect(await retry(() => breaker.use(() => 'ok'), { onRetry })).toBe('ok')
      expect(refusals).toBeGreaterThan(0)
      expect(refusals).toBeLessThanOrEqual(50)
      await trial
    }))

  test('a success at once asks nothing of backoff or hooks', () =>
    testRun(async () => {
      const never = (): never => {
        throw new Error('asked')
      }
      const options = {
        shouldRetry: never,
        onRetry: never,
        delay: never,
        backoff: { [Symbol.iterator]: never },
      }
      expect(await retry(() => 0, options)).toBe(0)
      expect(now()).toBe(0)
    }))

  test('it waits by the backoff between attempts', () =>
    testRun(async () => {
      const at: number[] = []
      const failing = retry(
        async () => {
          at.push(now())
          throw new Error('always')
        },
        { attempts: 5, backoff: exponential({ base: 100, max: 400, jitter: 0 }) },
      )
      await expect(failing).rejects.toThrow('always')
      expect(at).toEqual([0, 100, 300, 700, 1100])
    }))

  test('three attempts are the default, and the last error is thrown as it is', () =>
    testRun(async () => {
      const errors = [new Error('1'), new Error('2'), new Error('3'), new Error('4')]
      let calls = 0
      const failing = retry((attempt) => {
        calls += 1
        return Promise.reject(errors[attempt - 1])
      })
      await expect(failing).rejects.toBe(errors[2])
      expect(calls).toBe(3)
    }))

  test('a backoff that ends ends the attempts', () =>
    testRun(async () => {
      const { work, calls } = flaky(10)
      await expect(retry(work, { attempts: Infinity, backoff: [10, 20] })).rejects.toThrow('flaky')
      expect(calls).toEqual([1, 2, 3])
      expect(now()).toBe(30)
    }))

  test('the iterator of the backoff is closed', () =>
    testRun(async () => {
      let closed = 0
      const backoff = {
        *[Symbol.iterator]() {
          try {
            for (;;) yield 1
          } finally {
            closed += 1
          }
        },
      }
      await retry(flaky(1).work, { backoff })
      await expect(retry(flaky(9).work, { backoff })).rejects.toThrow('flaky')
      expect(closed).toBe(2)
    }))

  test('shouldRetry decides by the error and the attempt', () =>
    testRun(async () => {
      const asked: unknown[] = []
      const { work, calls } = flaky(10)
      const failing = retry(work, {
        attempts: 10,
        backoff: fixed(1),
        shouldRetry: (error, attempt) => {
          asked.push((error as Error).message, attempt)
          return attempt < 2
        },
      })
      await expect(failing).rejects.toThrow('flaky')
      expect(calls).toEqual([1, 2])
      expect(asked).toEqual(['flaky', 1, 'flaky', 2])
    }))

  test('misuse is not retried unless shouldRetry says so', () =>
    testRun(async () => {
      const once = flaky(9, new MisuseError('wrong'))
      await expect(retry(once.work)).rejects.toThrow('wrong')
      expect(once.calls).toEqual([1])
      const twice = flaky(1, new MisuseError('wrong'))
      expect(await retry(twice.work, { shouldRetry: () => true })).toBe('done')
    }))

  test('delay takes the place of the planned one: Retry-After', () =>
    testRun(async () => {
      const at: number[] = []
      const told: unknown[] = []
      await retry(
        async (attempt) => {
          at.push(now())
          if (attempt === 4) return
          throw Object.assign(new Error('busy'), { after: attempt === 2 ? 5000 : undefined })
        },
        {
          attempts: 4,
          backoff: exponential({ base: 100, jitter: 0 }),
          delay: (error, _attempt, planned) => {
            told.push(planned)
            return (error as { after?: number }).after
          },
          onRetry: (_error, attempt, delay) => void told.push(`${attempt}: ${delay}`),
        },
      )
      expect(at).toEqual([0, 100, 5100, 5500])
      expect(told).toEqual([100, '1: 100', 200, '2: 5000', 400, '3: 400'])
    }))

  test('a delay of 0 is a delay, and a wrong one is refused', () =>
    testRun(async () => {
      expect(await retry(flaky(1).work, { backoff: fixed(50), delay: () => 0 })).toBe('done')
      expect(now()).toBe(0)
      await expect(retry(flaky(1).work, { delay: () => -5 })).rejects.toThrow(
        'retry: delay must be a number of milliseconds, at least 0 (Infinity for no limit), got -5 (number)',
      )
    }))

  test('onRetry is awaited, and what it throws is thrown', () =>
    testRun(async () => {
      const { work, calls } = flaky(3)
      await retry(work, { attempts: 4, backoff: fixed(0), onRetry: () => sleep(100) })
      expect(now()).toBe(300)
      expect(calls).toEqual([1, 2, 3, 4])
      const failing = retry(flaky(1).work, {
        onRetry: () => {
          throw new Error('enough')
        },
      })
      await expect(failing).rejects.toThrow('enough')
    }))

  test('a cancellation is never retried, and nobody is asked about it', () =>
    testRun(async () => {
      const scope = new CancelScope()
      let calls = 0
      let asked = 0
      await scope.run(async () => {
        spawn(() => scope.cancel())
        await retry(
          async () => {
            calls += 1
            await sleep(Infinity)
          },
          { attempts: 5, shouldRetry: () => ++asked > 0 },
        )
      })
      expect([scope.cancelledCaught, calls, asked]).toEqual([true, 1, 0])
    }))

  test('a cancellation of something else is not retried either', () =>
    testRun(async () => {
      const { work, calls } = flaky(3, new Cancelled('another scope'))
      await expect(retry(work)).rejects.toSatisfy(isCancelled)
      expect(calls).toEqual([1])
    }))

  test('cancelled during the delay it throws at once and calls fn no more', () =>
    testRun(async () => {
      const { work, calls } = flaky(3)
      await expect(
        timeout(1500, () => retry(work, { attempts: 9, backoff: fixed(1000) })),
      ).rejects.toBeInstanceOf(TimeoutError)
      expect(calls).toEqual([1, 2])
      expect(now()).toBe(1500)
    }))

  test('work that fails in a cancelled scope is not retried: its error is thrown', () =>
    testRun(async () => {
      const scope = new CancelScope()
      let calls = 0
      const failing = scope.run(async () => {
        spawn(() => scope.cancel())
        await retry(async () => {
          calls += 1
          try {
            await sleep(Infinity)
          } catch {
            throw new Error('in cleanup')
          }
        })
      })
      await expect(failing).rejects.toThrow('in cleanup')
      expect(calls).toBe(1)
    }))

  test('in a cancelled scope fn is not called at all; in a shield it is', () =>
    testRun(async () => {
      const scope = new CancelScope()
      let calls = 0
      await scope.run(async () => {
        scope.cancel()
        await shield(() => retry(() => ++calls))
        await retry(() => ++calls)
      })
      expect([scope.cancelledCaught, calls]).toEqual([true, 1])
    }))

  test('a timeout inside limits an attempt, and that is retried', () =>
    testRun(async () => {
      const result = await retry(
        (attempt) => timeout(100, () => sleep(attempt < 3 ? 1000 : 10).then(() => attempt)),
        { backoff: fixed(50) },
      )
      expect(result).toBe(3)
      expect(now()).toBe(310)
    }))

  test('a budget is shared: when it is used up, a failure is final', () =>
    testRun(async () => {
      const budget = new RetryBudget({ max: 3, ratio: 0.5 })
      const counts: number[] = []
      for (let i = 0; i < 3; i++) {
        const { work, calls } = flaky(99)
        await expect(retry(work, { budget, backoff: fixed(1) })).rejects.toThrow('flaky')
        counts.push(calls.length)
      }
      expect(counts).toEqual([3, 2, 1])
      await retry(() => 1, { budget })
      await retry(() => 1, { budget })
      expect(await retry(flaky(1).work, { budget, backoff: fixed(1) })).toBe('done')
    }))

  test('10 000 retries wait at the same time', () =>
    testRun(async () => {
      const all = Array.from({ length: 10_000 }, () =>
        spawn(() => retry(flaky(2).work, { backoff: fixed(10) })),
      )
      for (const task of all) expect(await task).toBe('done')
      expect(now()).toBe(20)
    }))

  test('arguments are checked', () =>
    testRun(async () => {
      await expect(retry(5 as never)).rejects.toThrow(
        'retry: fn must be a function, got 5 (number)',
      )
      await expect(retry(() => 1, { attempts: 0 })).rejects.toThrow(
        'retry: attempts must be a whole number of at least 1, or Infinity, got 0 (number)',
      )
      await expect(retry(() => 1, { backoff: 5 as never })).rejects.toThrow(
        new MisuseError('retry: backoff must be an iterable of milliseconds, got 5 (number)'),
      )
    }))

  test('a delay that cannot be is misuse, with what failed as its cause', () =>
    testRun(async () => {
      const failure = new Error('down')
      const fail = () => Promise.reject(failure)
      for (const options of [{ backoff: [-1] }, { delay: () => Number.NaN }]) {
        const error: unknown = await retry(fail, options).catch((thrown: unknown) => thrown)
        expect(error).toBeInstanceOf(MisuseError)
        expect(error).toMatchObject({ cause: failure })
        expect((error as Error).message).toMatch(/^retry: delay must be a number of milliseconds/)
      }
    }))

  test('types: the result is that of fn', () => {
    const call = () => retry(async (attempt) => ({ attempt }))
    expectTypeOf(call).returns.resolves.toEqualTypeOf<{ attempt: number }>()
    expectTypeOf(() => retry(() => 'sync')).returns.resolves.toEqualTypeOf<string>()
  })
})
