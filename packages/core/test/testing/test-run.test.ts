import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  cancellable,
  checkpoint,
  Future,
  MisuseError,
  moveOnAfter,
  now,
  Pool,
  run,
  shield,
  sleep,
  spawn,
  taskGroup,
  timeout,
  TimeoutError,
} from '../../src/index.ts'
import { currentScope, owners, ready, suspend, Waiter, WaitQueue } from '../../src/lowlevel.ts'
import type { Owned } from '../../src/lowlevel.ts'
import { TestFailure, testRun, waitAllBlocked } from '../../src/testing.ts'

async function failureOf(run: Promise<unknown>): Promise<TestFailure> {
  const error = await run.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(TestFailure)
  return error as TestFailure
}

/** A lock of the simplest kind that knows who holds it. */
class TestLock implements Owned {
  readonly #line = new WaitQueue()
  #owner: { readonly id: number; readonly name: string } | undefined;
  [owners](): readonly { readonly id: number; readonly name: string }[] {
    return this.#owner === undefined ? [] : [this.#owner]
  }
  async acquire(): Promise<void> {
    if (this.#owner === undefined) await ready('TestLock.acquire', this, undefined)
    else await suspend(new Waiter('TestLock.acquire', this, this.#line))
    this.#owner = currentScope().task
  }
  release(): void {
    this.#owner = undefined
  }
}

describe('virtual time', () => {
  test('an hour of sleeps takes a few steps each, and no timer of the machine', async () => {
    const sleeps = 3600
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout')
    const before = timers().length
    const end = await testRun(
      async () => {
        for (let i = 0; i < sleeps; i++) await sleep(1000)
        expect(timers()).toHaveLength(before)
        return now()
      },
      { maxSteps: 2 * sleeps + 10 },
    )
    expect(end).toBe(3_600_000)
  })

  test('now is exact, and sleepers wake in the order of their times', async () => {
    const seen: [string, number][] = []
    await testRun(async () => {
      await taskGroup(async (group) => {
        for (const ms of [30, 10, 20, 10]) {
          group.spawn(async () => {
            await sleep(ms)
            seen.push([`${ms}`, now()])
          })
        }
      })
    })
    expect(seen).toEqual([
      ['10', 10],
      ['10', 10],
      ['20', 20],
      ['30', 30],
    ])
  })

  test('time stands still while anybody can go on', async () => {
    await testRun(async () => {
      const napper = spawn(() => sleep(1))
      for (let i = 0; i < 5000; i++) await checkpoint()
      expect(now()).toBe(0)
      await napper
      expect(now()).toBe(1)
    })
  })

  test('time begins at startTime, and timers longer than 2^31 ms work', async () => {
    await testRun(
      async () => {
        expect(now()).toBe(1_000_000)
        await sleep(2 ** 40)
        expect(now()).toBe(1_000_000 + 2 ** 40)
      },
      { startTime: 1_000_000 },
    )
  })

  test('a timeout passes in virtual time', async () => {
    const began = performance.now()
    await expect(testRun(() => timeout(60_000, () => sleep(Infinity)))).rejects.toThrow(
      TimeoutError,
    )
    expect(performance.now() - began).toBeLessThan(30_000)
  })

  test('100 000 sleepers with times of their own cost a constant each', async () => {
    const count = 100_000
    const end = await testRun(async () => {
      await taskGroup(async (group) => {
        for (let i = 0; i < count; i++) group.spawn(() => sleep((i * 7919) % count))
      })
      return now()
    })
    expect(end).toBe(count - 1)
  })

  test('fake timers of the test framework change nothing', async () => {
    vi.useFakeTimers()
    try {
      await testRun(async () => {
        await sleep(1000)
        expect(now()).toBe(1000)
      })
    } finally {
      vi.useRealTimers()
    }
  })

  test('the event loop gets its turns while a long run goes on', async () => {
    const turns: number[] = []
    const ticking = setInterval(() => turns.push(performance.now()), 1)
    await testRun(
      async () => {
        const until = performance.now() + 10_000
        while (turns.length < 3 && performance.now() < until) await checkpoint()
      },
      { platform: 'real' },
    )
    clearInterval(ticking)
    expect(turns.length).toBeGreaterThanOrEqual(3)
  })
})

describe('worlds of their own', () => {
  test('two runs at the same time do not disturb each other', async () => {
    const program = (step: number) => async (): Promise<[number, number]> => {
      let sum = 0
      for (let i = 0; i < 100; i++) {
        await sleep(step)
        sum += await spawn(async () => {
          await checkpoint()
          return now()
        })
      }
      return [now(), sum]
    }
    const [a, b, failed] = await Promise.all([
      testRun(program(1000)),
      testRun(program(7)),
      failureOf(testRun(() => new Future().wait())),
    ])
    expect(a).toEqual([100_000, 5_050_000])
    expect(b).toEqual([700, 35_350])
    expect(failed.code).toBe('DEADLOCK')
  })

  test('the same seed gives the same random numbers, and ids begin at 1', async () => {
    const program = async (): Promise<unknown> => {
      const { runtime } = currentScope()
      return [runtime.random(), runtime.random(), spawn(checkpoint).id]
    }
    const [first, second] = [await testRun(program), await testRun(program)]
    expect(first).toEqual(second)
    expect((first as number[])[2]).toBe(2)
    expect(await testRun(program, { seed: 2 })).not.toEqual(first)
  })

  test('what outlives the run does its errands for it in its world, by its time', async () => {
    const ended: number[] = []
    const pool = new Pool({
      create: () => sleep(1),
      destroy: async () => {
        await sleep(1)
        ended.push(now())
      },
      max: 1,
      idle: 1000,
    })
    for (let i = 0; i < 2; i++) {
      await testRun(async () => {
        await pool.use(() => sleep(5))
        await sleep(5000)
        expect(pool.size).toBe(0)
      })
    }
    expect(ended).toEqual([1007, 1007])
  })

  test('inside another run it is refused', async () => {
    await expect(run(() => testRun(checkpoint), { handleSignals: false })).rejects.toThrow(
      'testRun: task main is inside a run already; call testRun outside of it',
    )
  })

  test('what main throws is thrown as it is', async () => {
    const error = new Error('mine')
    const thrown = await testRun(async () => {
      await sleep(1)
      throw error
    }).catch((thrown: unknown) => thrown)
    expect(thrown).toBe(error)
  })

  test('arguments are checked', async () => {
    await expect(testRun(undefined as never)).rejects.toThrow('testRun: main must be a function')
    await expect(testRun(checkpoint, { patience: -1 })).rejects.toThrow(MisuseError)
    await expect(testRun(checkpoint, { maxSteps: 0 })).rejects.toThrow(MisuseError)
    await expect(testRun(checkpoint, { startTime: NaN })).rejects.toThrow(MisuseError)
  })
})

describe('deadlock', () => {
  test('a deadlock fails with who waits for what, and cleanup runs, in virtual time', async () => {
    const trail: string[] = []
    const failure = await failureOf(
      testRun(async () => {
        await taskGroup(async (group) => {
          group.spawn(
            async () => {
              try {
                await new Future().wait()
              } finally {
                await shield(() => sleep(1000))
                trail.push(`cleaned up at ${now()}`)
              }
            },
            { name: 'worker' },
          )
        })
      }),
    )
    expect(trail).toEqual(['cleaned up at 1000'])
    expect(failure.code).toBe('DEADLOCK')
    expect(failure.message).toContain('every task waits')
    expect(failure.report).toMatch(/main +waits for TaskGroup\.join, 0 ms/)
    expect(failure.report).toMatch(/└ worker +waits for Future\.wait, 0 ms/)
  })

  test('two tasks that hold what the other wants are named with what they hold', async () => {
    const [a, b] = [new TestLock(), new TestLock()]
    const both = (first: TestLock, second: TestLock) => async () => {
      await first.acquire()
      await sleep(1)
      await second.acquire()
    }
    const failure = await failureOf(
      testRun(() =>
        taskGroup(async (group) => {
          group.spawn(both(a, b), { name: 'left' })
          group.spawn(both(b, a), { name: 'right' })
        }),
      ),
    )
    expect(failure.report).toMatch(/left +waits for TestLock\.acquire, 0 ms, held by right/)
    expect(failure.report).toMatch(/right +waits for TestLock\.acquire, 0 ms, held by left/)
  })

  test('what the cleanup throws is kept with the failure', async () => {
    const failure = await failureOf(
      testRun(async () => {
        try {
          await new Future().wait()
        } catch {
          throw new Error('broken cleanup')
        }
      }),
    )
    expect(failure.code).toBe('DEADLOCK')
    expect(failure).toMatchObject({ suppressed: [{ message: 'broken cleanup' }] })
  })

  test('a cleanup that waits for ever ends the run too', async () => {
    const failure = await failureOf(
      testRun(async () => {
        try {
          await new Future().wait()
        } finally {
          await shield(() => new Future().wait())
        }
      }),
    )
    expect(failure.code).toBe('STUCK')
    expect(failure.report).toMatch(/main +waits for/)
  })

  test('a loop that never comes to rest is a livelock', async () => {
    const failure = await failureOf(
      testRun(
        async () => {
          for (;;) await checkpoint()
        },
        { maxSteps: 10_000 },
      ),
    )
    expect(failure.code).toBe('LIVELOCK')
  })

  test('a loop that takes no notice of its cancellation is a livelock, and ends', async () => {
    let rounds = 0
    const failure = await failureOf(
      testRun(
        () =>
          taskGroup(async (group) => {
            group.spawn(
              async () => {
                for (;;) {
                  rounds += 1
                  await sleep(10).catch(() => {})
                }
              },
              { name: 'deaf' },
            )
            await sleep(100)
            group.cancel()
          }),
        { maxSteps: 10_000 },
      ),
    )
    expect(failure.code).toBe('STUCK')
    expect(failure.message).toContain('livelock')
    expect(failure.message).toContain('deaf@sleep')
    const aTurn = () => new Promise((resolve) => setImmediate(resolve))
    await aTurn()
    const ended = rounds
    await aTurn()
    expect(rounds).toBe(ended)
  })

  test('a heartbeat does not hide that nobody gets anywhere', async () => {
    const failure = await failureOf(
      testRun(
        async () => {
          spawn(async () => {
            for (;;) await sleep(1000)
          })
          await new Future().wait()
        },
        { maxSteps: 10_000 },
      ),
    )
    expect(failure.code).toBe('LIVELOCK')
    expect(failure.report).toContain('waits for Future.wait')
  })
})

describe('leaks', () => {
  test('a task left over is named, with what it waits for', async () => {
    const failure = await failureOf(
      testRun(async () => {
        spawn(() => sleep(1000), { name: 'forgotten' })
        spawn(checkpoint, { name: 'ends by itself' })
      }),
    )
    expect(failure.code).toBe('LEAK')
    expect(failure.report).toBe('task    forgotten, waits for sleep, when main had returned')
  })

  test('tasks left over are cancelled and no failure when that is asked for', async () => {
    let cancelled = false
    await testRun(
      async () => {
        spawn(async () => {
          try {
            await sleep(1000)
          } finally {
            cancelled = true
          }
        })
        await checkpoint()
      },
      { leftovers: 'cancel' },
    )
    expect(cancelled).toBe(true)
  })

  test('a wait that nobody awaits is named', async () => {
    const failure = await failureOf(
      testRun(async () => {
        await Promise.race([new Future().wait(), sleep(10)])
      }),
    )
    expect(failure.report).toBe(
      'wait    Future.wait in main, which nobody awaited when its scope ended',
    )
  })

  test('a wait left in a timeout that has ended is named', async () => {
    const failure = await failureOf(
      testRun(() =>
        moveOnAfter(1000, async () => {
          void sleep(10).catch(() => {})
        }),
      ),
    )
    expect(failure.report).toContain('wait    sleep in main')
  })

  test('a lock that is still held is named with who held it', async () => {
    const lock = new TestLock()
    const failure = await failureOf(
      testRun(async () => {
        await spawn(() => lock.acquire(), { name: 'careless' })
      }),
    )
    expect(failure.report).toBe('held    TestLock.acquire, by careless')
  })

  test('a timer that is still set is named', async () => {
    class Reminder {
      slot = -1
      order = 0
      readonly at = now() + 500
      expire(): void {}
    }
    const failure = await failureOf(
      testRun(async () => {
        const { clock } = currentScope().runtime
        clock.add(new Reminder())
      }),
    )
    expect(failure.report).toBe('timer   Reminder, due in 500 ms')
  })

  test('a program that leaves nothing behind passes', async () => {
    const lock = new TestLock()
    const result = testRun(async () => {
      await lock.acquire()
      await moveOnAfter(10, () => new Future().wait())
      lock.release()
    })
    await expect(result).resolves.toBeUndefined()
  })
})

describe('what is not ours', () => {
  afterEach(() => vi.restoreAllMocks())

  test('real I/O goes on while time stands still', async () => {
    await testRun(async () => {
      const text = await timeout(1, () => readFile(new URL(import.meta.url), 'utf8'))
      expect(text).toContain('real I/O')
      expect(now()).toBe(0)
    })
  })

  test('a result that a foreign callback brings is waited for', async () => {
    await testRun(async () => {
      const listening = new Future<void>()
      const server = createServer().listen(0, () => listening.resolve())
      await listening
      expect(server.listening).toBe(true)
      server.close()
    })
  })

  test('a plain promise of another task holds no time back', async () => {
    await testRun(async () => {
      const shared = (async () => {
        await sleep(1000)
        return 'value'
      })()
      const values = await Promise.all([
        spawn(async () => shared),
        spawn(async () => `${await shared}!`),
      ])
      expect(values).toEqual(['value', 'value!'])
      expect(now()).toBe(1000)
    })
  })

  test('by the policy `error` it is not waited for, and the failure says what to do', async () => {
    const failure = await failureOf(
      testRun(() => spawn(() => readFile(import.meta.filename), { name: 'reader' }), {
        foreign: 'error',
      }),
    )
    expect(failure.code).toBe('FOREIGN')
    expect(failure.message).toContain('reader waits for something real')
    expect(failure.message).toContain('put a failpoint in its place')
  })

  test('by the policy `error` time goes on beside it', async () => {
    await testRun(
      async () => {
        const wait = timeout(60_000, () => cancellable(new Promise(() => {})))
        await expect(wait).rejects.toThrow(TimeoutError)
        expect(now()).toBe(60_000)
      },
      { foreign: 'error' },
    )
  })

  test('a promise that never settles is named with the task that waits for it', async () => {
    const failure = await failureOf(
      testRun(() => spawn(() => new Promise(() => {}), { name: 'hopeful' }), { patience: 50 }),
    )
    expect(failure.code).toBe('FOREIGN')
    expect(failure.message).toContain('hopeful waited for something that is not ours')
  })
})

describe('waitAllBlocked', () => {
  test('it comes back when all others wait, before time moves on', async () => {
    const trail: string[] = []
    await testRun(async () => {
      await taskGroup(async (group) => {
        group.spawn(async () => {
          for (let i = 0; i < 10; i++) await checkpoint()
          trail.push('worked')
          await sleep(10)
          trail.push('slept')
        })
        await waitAllBlocked()
        trail.push(`blocked at ${now()}`)
      })
    })
    expect(trail).toEqual(['worked', 'blocked at 0', 'slept'])
  })

  test('outside a test run it is refused', async () => {
    await expect(waitAllBlocked()).rejects.toThrow('call it inside testRun')
  })
})
