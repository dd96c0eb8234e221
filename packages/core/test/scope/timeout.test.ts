import { describe, expect, it } from 'vitest'
import {
  Cancelled,
  CancelScope,
  isCancelled,
  moveOnAfter,
  now,
  shield,
  sleep,
  sleepUntil,
  spawn,
  taskGroup,
  timeout,
  timeoutAt,
  TimeoutError,
} from '../../src/index.ts'
import { testRun } from '../../src/testing.ts'

describe('timeout', () => {
  it('gives the value of work that is done in time', () =>
    testRun(async () => {
      expect(await timeout(10, async () => 'value')).toBe('value')
      expect(await timeout(10, () => 0)).toBe(0)
    }))

  it('cancels, awaits the cleanup, and then throws TimeoutError with the time that was given', () =>
    testRun(async () => {
      const start = now()
      const seen: string[] = []
      const error = await timeout(10, async () => {
        try {
          await sleep(1000)
        } finally {
          await shield(() => sleep(5))
          seen.push('cleaned up')
        }
      }).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(TimeoutError)
      expect(error).toMatchObject({ code: 'TIMEOUT', ms: 10, message: 'timed out after 10 ms' })
      expect(seen).toEqual(['cleaned up'])
      expect(now() - start).toBe(15)
    }))

  it('throws no kind of Cancelled', async () => {
    const error: unknown = await testRun(() => timeout(1, () => sleep(2))).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).not.toBeInstanceOf(Cancelled)
    expect(isCancelled(error)).toBe(false)
    expect((error as Error).name).not.toBe('AbortError')
  })

  it('lets work win that is done after the time, but was never interrupted', async () => {
    const long = async (): Promise<string> => {
      const end = performance.now() + 5
      while (performance.now() < end);
      return 'value'
    }
    expect(await timeout(1, long)).toBe('value')
    expect(await moveOnAfter(1, long)).toEqual({ timedOut: false, value: 'value' })
  })

  it('lets work win that swallows the cancellation and returns', () =>
    testRun(async () => {
      const value = await timeout(10, async () => {
        await sleep(1000).catch(() => {})
        return 'anyway'
      })
      expect(value).toBe('anyway')
    }))

  it('of 0 lets the work run to its first wait', () =>
    testRun(async () => {
      let ran = false
      const start = now()
      await expect(
        timeout(0, async () => {
          ran = true
          await sleep(1)
        }),
      ).rejects.toBeInstanceOf(TimeoutError)
      expect([ran, now() - start]).toEqual([true, 0])
    }))

  it('of Infinity never ends', () =>
    testRun(async () => {
      const year = 86_400_000 * 365
      const start = now()
      await timeout(Infinity, () => sleep(year))
      expect(now() - start).toBe(year)
    }))

  it('refuses a negative time, one that is no number, and work that is no function', () =>
    testRun(async () => {
      await expect(timeout(-1, () => 1)).rejects.toThrow(
        'timeout: ms must be a number of milliseconds, at least 0 (Infinity for no limit), got -1 (number)',
      )
      await expect(timeout('5' as never, () => 1)).rejects.toThrow('got "5" (string)')
      await expect(timeout(1, 5 as never)).rejects.toThrow(
        'timeout: fn must be a function, got 5 (number)',
      )
      await expect(timeoutAt(Number.NaN, () => 1)).rejects.toThrow('timeoutAt: epochMs must be')
      await expect(moveOnAfter(-1, () => 1)).rejects.toThrow('moveOnAfter: ms must be')
      await expect(sleep(-1)).rejects.toThrow('sleep: ms must be')
      await expect(sleepUntil(Number.NaN)).rejects.toThrow('sleepUntil: epochMs must be')
    }))

  it('throws what the work throws', () =>
    testRun(async () => {
      const failure = new RangeError('mine')
      await expect(
        timeout(10, async () => {
          throw failure
        }),
      ).rejects.toBe(failure)
      expect(failure.cause).toBeUndefined()
      await expect(
        timeout(10, () => {
          throw failure
        }),
      ).rejects.toBe(failure)
    }))

  it('throws what the cleanup throws, with the timeout at the end of its cause chain', () =>
    testRun(async () => {
      const root = new Error('root')
      const failure = new Error('in cleanup', { cause: root })
      await expect(
        timeout(10, async () => {
          try {
            await sleep(1000)
          } catch {
            throw failure
          }
        }),
      ).rejects.toBe(failure)
      expect(root.cause).toBeInstanceOf(TimeoutError)
    }))

  it('is in the cause chain of what wraps the cancellation, however deep', () =>
    testRun(async () => {
      for (const depth of [1, 2, 5]) {
        const failing = timeout(10, () =>
          sleep(1000).catch((cancelled: unknown) => {
            let error = cancelled
            for (let i = 0; i < depth; i++) error = new Error(`layer ${i}`, { cause: error })
            throw error
          }),
        )
        let link: unknown = await failing.catch((error: unknown) => error)
        for (let i = 0; i <= depth; i++) link = (link as Error).cause
        expect(link).toBeInstanceOf(TimeoutError)
      }
    }))

  it('leaves a cause of the work’s own, and what cannot take one, as they are', () =>
    testRun(async () => {
      const own = new Error('own', { cause: 'because' })
      const frozen: Error = Object.freeze(new Error('frozen'))
      for (const error of [own, frozen]) {
        const failing = timeout(10, async () => {
          try {
            await sleep(1000)
          } catch {
            throw error
          }
        })
        await expect(failing).rejects.toBe(error)
      }
      expect([own.cause, frozen.cause]).toEqual(['because', undefined])
    }))

  it('inside another: the inner one expires, the outer one still interrupts later work', () =>
    testRun(async () => {
      const start = now()
      await expect(
        timeout(20, async () => {
          await expect(timeout(10, () => sleep(1000))).rejects.toMatchObject({ ms: 10 })
          await sleep(1000)
        }),
      ).rejects.toMatchObject({ ms: 20 })
      expect(now() - start).toBe(20)
    }))

  it('that is the outer one wins over a longer inner one', () =>
    testRun(async () => {
      await expect(timeout(10, () => timeout(20, () => sleep(1000)))).rejects.toMatchObject({
        ms: 10,
      })
    }))

  it('in the cleanup of a timed-out block throws first, then the outer one', () =>
    testRun(async () => {
      const seen: unknown[] = []
      await expect(
        timeout(10, async () => {
          try {
            await sleep(1000)
          } finally {
            await shield(() => timeout(5, () => sleep(1000))).catch((error: unknown) =>
              seen.push(error),
            )
          }
        }),
      ).rejects.toMatchObject({ ms: 10 })
      expect(seen).toMatchObject([{ ms: 5 }])
    }))

  it('under a cancelled scope is still in force behind a shield', () =>
    testRun(async () => {
      const scope = new CancelScope()
      await scope.run(async () => {
        scope.cancel()
        await expect(shield(() => timeout(10, () => sleep(1000)))).rejects.toMatchObject({ ms: 10 })
      })
    }))

  it('cut short by a cancellation from outside is no timeout, and awaits the cleanup', () =>
    testRun(async () => {
      const start = now()
      const task = spawn(() =>
        timeout(1000, async () => {
          try {
            await sleep(10_000)
          } finally {
            await shield(() => sleep(5))
          }
        }),
      )
      await sleep(1)
      task.cancel()
      await task.settled()
      expect(task.status).toBe('cancelled')
      expect(now() - start).toBe(6)
    }))

  it('around a group lets a failure in the cleanup of a child win', () =>
    testRun(async () => {
      const failure = new Error('child')
      const thrown = await timeout(10, () =>
        taskGroup(async (group) => {
          group.spawn(async () => {
            try {
              await sleep(1000)
            } catch {
              throw failure
            }
          })
        }),
      ).catch((error: unknown) => error)
      expect(thrown).toBe(failure)
      expect(failure.cause).toBeInstanceOf(TimeoutError)
    }))

  it('cancels and awaits the tasks that were spawned inside it', () =>
    testRun(async () => {
      const seen: string[] = []
      const late = timeout(10, async () => {
        spawn(async () => {
          try {
            await sleep(50)
          } finally {
            await shield(() => sleep(5))
            seen.push('child has cleaned up')
          }
        })
        await sleep(1000)
      }).catch((error: unknown) => seen.push((error as Error).name))
      await late
      expect(seen).toEqual(['child has cleaned up', 'TimeoutError'])
      expect(now()).toBe(15)
    }))
})

describe('timeoutAt', () => {
  it('ends at the moment given, and at once when that is past', () =>
    testRun(async () => {
      const start = now()
      await expect(timeoutAt(start + 10, () => sleep(1000))).rejects.toBeInstanceOf(TimeoutError)
      expect(now() - start).toBe(10)
      await expect(timeoutAt(start, () => sleep(1000))).rejects.toBeInstanceOf(TimeoutError)
      expect(now() - start).toBe(10)
    }))
})

describe('moveOnAfter', () => {
  it('tells whether the time was over, and throws nothing', () =>
    testRun(async () => {
      expect(await moveOnAfter(10, async () => 0)).toEqual({ timedOut: false, value: 0 })
      expect(await moveOnAfter(10, () => sleep(1000))).toEqual({ timedOut: true })
      expect(await moveOnAfter(0, () => sleep(1))).toEqual({ timedOut: true })
    }))

  it('ends a cancellation that a disposer threw on top of another one', () =>
    testRun(async () => {
      const result = await moveOnAfter(10, async () => {
        await using _careless = {
          async [Symbol.asyncDispose]() {
            await sleep(1) // no shield: it is cancelled too
          },
        }
        await sleep(1000)
      })
      expect(result).toEqual({ timedOut: true })
    }))

  it('lets errors and foreign cancellations through', () =>
    testRun(async () => {
      await expect(
        moveOnAfter(10, () => {
          throw new Error('mine')
        }),
      ).rejects.toThrow('mine')
      const task = spawn(() => moveOnAfter(1000, () => sleep(10_000)))
      await sleep(1)
      task.cancel()
      await task.settled()
      expect(task.status).toBe('cancelled')
    }))
})

describe('shield', () => {
  it('lets cleanup wait in a cancelled scope, after which the cancellation is back', () =>
    testRun(async () => {
      const seen: string[] = []
      const scope = new CancelScope()
      await scope.run(async () => {
        scope.cancel()
        seen.push(
          await shield(async () => {
            await sleep(5)
            return 'cleaned up'
          }),
        )
        await sleep(1)
        seen.push('unreachable')
      })
      expect(seen).toEqual(['cleaned up'])
    }))

  it('makes its owner wait for the block, also when it is cancelled meanwhile', () =>
    testRun(async () => {
      const start = now()
      const task = spawn(() => shield(() => sleep(100)))
      await sleep(1)
      task.cancel()
      expect(await task.settled()).toEqual({ status: 'fulfilled', value: undefined })
      expect(now() - start).toBe(100)
    }))
})

describe('sleep', () => {
  it('wakes in the order of time, first come first served among equals', () =>
    testRun(async () => {
      const seen: string[] = []
      const nap = (ms: number, name: string): unknown =>
        spawn(async () => {
          await sleep(ms)
          seen.push(name)
        })
      nap(20, 'c')
      nap(10, 'a')
      nap(20, 'd')
      nap(10, 'b')
      nap(0, 'now')
      await sleep(30)
      expect(seen).toEqual(['now', 'a', 'b', 'c', 'd'])
    }))

  it('can be longer than the platform takes: 2 ** 31 ms and more', () =>
    testRun(async () => {
      const start = now()
      await sleep(2 ** 32)
      expect(now() - start).toBe(2 ** 32)
    }))
})
