import { describe, expect, test } from 'vitest'
import {
  CancelScope,
  checkpoint,
  Future,
  gather,
  MisuseError,
  Semaphore,
  sleep,
  spawn,
  taskGroup,
} from '../../src/index.ts'
import {
  always,
  eventually,
  explore,
  InvariantError,
  linearizable,
  notYet,
  testRun,
} from '../../src/testing.ts'

describe('always', () => {
  test('a broken invariant fails the run at the step that broke it', async () => {
    let after = false
    const run = testRun(async () => {
      let balance = 1
      always('the balance is not negative', () => balance >= 0)
      await checkpoint()
      balance -= 2
      await sleep(1)
      after = true
    })
    await expect(run).rejects.toThrow('always: the balance is not negative: no longer true')
    await expect(run).rejects.toThrow(InvariantError)
    expect(after).toBe(false)
  })

  test('what is broken only while somebody runs was never seen', async () => {
    await expect(
      testRun(async () => {
        let balance = 1
        always('the balance is one', () => balance === 1)
        balance = 0
        await Promise.resolve()
        balance = 1
        await checkpoint()
      }),
    ).resolves.toBeUndefined()
  })

  test('it is looked at when main has returned, too', async () => {
    const run = testRun(async () => {
      let open = 1
      always('it is open', () => open === 1)
      await checkpoint()
      open = 0
    })
    await expect(run).rejects.toThrow('it is open')
  })

  test('what it throws is what the run throws, and cleanup runs', async () => {
    const error = new Error('mine')
    let cleaned = false
    const thrown = await testRun(async () => {
      always('it can be asked', () => {
        throw error
      })
      try {
        await sleep(1)
      } finally {
        cleaned = true
      }
    }).catch((thrown: unknown) => thrown)
    expect(thrown).toBe(error)
    expect(cleaned).toBe(true)
  })

  test('outside a test run it is refused', () => {
    expect(() => always('so', () => true)).toThrow(MisuseError)
    expect(() => eventually('so', () => true)).toThrow('call it inside testRun or explore')
    expect(() => linearizable({}, () => ({}))).toThrow(MisuseError)
  })
})

describe('eventually', () => {
  test('what was true at one moment is enough', async () => {
    await expect(
      testRun(async () => {
        let busy = false
        eventually('it was busy', () => busy)
        busy = true
        await sleep(1)
        busy = false
      }),
    ).resolves.toBeUndefined()
  })

  test('what was never true fails the run', async () => {
    const run = testRun(async () => {
      eventually('somebody came', () => false)
      await sleep(10)
    })
    await expect(run).rejects.toThrow('eventually: somebody came: was never true')
  })
})

describe('linearizable', () => {
  /** A counter whose increment can lose one. */
  class Counter {
    #count = 0
    readonly #lock: Semaphore | undefined
    constructor(lock?: Semaphore) {
      this.#lock = lock
    }
    async increment(): Promise<number> {
      using _permit = await this.#lock?.acquire()
      const before = this.#count
      await checkpoint()
      this.#count = before + 1
      return this.#count
    }
    async get(): Promise<number> {
      await checkpoint()
      return this.#count
    }
  }
  const model = () => {
    let count = 0
    return { increment: () => ++count, get: () => count }
  }
  const program = (make: () => Counter) => async () => {
    const counter = linearizable(make(), model)
    await gather([
      () => counter.increment(),
      async () => {
        for (let i = 0; i < 3; i++) await checkpoint()
        await counter.increment()
      },
      () => counter.get(),
    ])
  }

  test('a counter that loses an increment is found, and the calls are shown', async () => {
    const error = await explore(program(() => new Counter())).catch((error: unknown) => error)
    expect((error as Error).cause).toBeInstanceOf(InvariantError)
    expect((error as Error).message).toContain(
      'Counter: no order of these calls gives these results',
    )
    expect((error as Error).message).toMatch(/gather\[0\]: increment\(\) += 1 +\d+\.\.\d+/)
  })

  test('a counter with a lock is linearizable in every order', async () => {
    const explored = await explore(program(() => new Counter(new Semaphore(1))))
    expect(explored.schedules).toBeGreaterThan(100)
  })

  test('a call that has to wait may take effect once the model lets it', async () => {
    class Box {
      readonly #full = new Future<number>()
      put(value: number): void {
        this.#full.resolve(value)
      }
      async take(): Promise<number> {
        return this.#full
      }
    }
    const boxModel = () => {
      const box: { value?: number } = {}
      return {
        put: (value: number) => void (box.value = value),
        take: () => box.value ?? notYet,
      }
    }
    await testRun(async () => {
      const box = linearizable(new Box(), boxModel)
      await gather([() => box.take(), async () => box.put(5), () => box.take()])
    })
    const wrong = testRun(async () => {
      const box = linearizable(new Box(), () => ({ ...boxModel(), take: () => 6 }))
      await gather([() => box.take(), async () => box.put(5)])
    })
    await expect(wrong).rejects.toThrow(InvariantError)
  })

  test('order in time counts: a later read must not give an older value', async () => {
    class Stale {
      #values = [0]
      async set(value: number): Promise<void> {
        await checkpoint()
        this.#values.push(value)
      }
      async get(): Promise<number> {
        await checkpoint()
        return this.#values[0] as number
      }
    }
    const register = () => {
      let value = 0
      return {
        set: (next: number) => {
          value = next
          return undefined
        },
        get: () => value,
      }
    }
    const run = testRun(async () => {
      const stale = linearizable(new Stale(), register)
      await stale.set(1)
      await stale.get()
    })
    await expect(run).rejects.toThrow('get()')
    // At the same time as the write, the old value is right.
    await testRun(async () => {
      const stale = linearizable(new Stale(), register)
      await gather([() => stale.set(1), () => stale.get()])
    })
  })

  test('a call that was cancelled, and one without an end, need not have happened', async () => {
    await testRun(async () => {
      const counter = linearizable(new Counter(new Semaphore(1)), model)
      const scope = new CancelScope()
      await taskGroup(async (group) => {
        group.spawn(() => scope.run(() => counter.increment()))
        scope.cancel()
      })
      expect(await counter.get()).toBe(0)
    })
    await testRun(
      async () => {
        const counter = linearizable(new Counter(), model)
        spawn(() => counter.increment())
        await checkpoint()
      },
      { leftovers: 'cancel' },
    )
  })

  test('errors are results: the model throws them too', async () => {
    class Account {
      #balance = 1
      async withdraw(): Promise<number> {
        await checkpoint()
        if (this.#balance === 0) throw new RangeError('empty')
        return --this.#balance
      }
    }
    await testRun(async () => {
      const account = linearizable(new Account(), () => {
        let balance = 1
        return {
          withdraw: () => {
            if (balance === 0) throw new RangeError('empty')
            return --balance
          },
        }
      })
      await account.withdraw()
      await expect(account.withdraw()).rejects.toThrow('empty')
    })
  })
})
