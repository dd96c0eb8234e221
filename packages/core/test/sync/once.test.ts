import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  CancelScope,
  currentTask,
  Event,
  MisuseError,
  Once,
  run,
  sleep,
  spawn,
  taskGroup,
  TaskLocal,
  timeout,
  TimeoutError,
} from '../../src/index.ts'
import type { Task } from '../../src/index.ts'
import { testRun, waitAllBlocked } from '../../src/testing.ts'
import { unhandled } from '../unhandled.ts'
import { waitsBelow } from './wait-views.ts'

function attempt<T>(fn: () => Promise<T>): Task<unknown> {
  return spawn(() => fn().catch((error: unknown) => error))
}

describe('Once', () => {
  it('does nothing until it is asked, then makes the value once for all who ask', () =>
    testRun(async () => {
      let calls = 0
      const once = new Once(async () => {
        calls += 1
        await sleep(10)
        return { calls }
      })
      await sleep(100)
      expect([calls, once.done]).toEqual([0, false])
      const tasks = [1, 2, 3].map(() => spawn(() => once.get()))
      await waitAllBlocked()
      expect([calls, once.waiting, once.done]).toEqual([1, 3, false])
      const first = await tasks[0]
      expect(first).toEqual({ calls: 1 })
      for (const task of tasks) expect(await task).toBe(first)
      expect(await once.get()).toBe(first)
      expect([calls, once.waiting, once.done]).toEqual([1, 0, true])
    }))

  it.each([undefined, null, 0, '', false, NaN])('remembers %s like any other value', (value) =>
    testRun(async () => {
      let calls = 0
      const once = new Once(() => {
        calls += 1
        return value
      })
      expect(await once.get()).toBe(value)
      expect(await once.get()).toBe(value)
      expect(calls).toBe(1)
    }),
  )

  it('knows the type of its value', () => {
    expectTypeOf(new Once(async () => 1).get()).toEqualTypeOf<Promise<number>>()
    expectTypeOf(new Once(() => 'text').get()).toEqualTypeOf<Promise<string>>()
  })

  it('refuses a promise that already runs', () => {
    expect(() => new Once(Promise.resolve() as never)).toThrow(
      'Once: fn must be a function, got a promise that already runs (object); pass () => work() instead of work()',
    )
  })
})

describe('Once.get', () => {
  it('goes on for others when the first to ask is cancelled', () =>
    testRun(async () => {
      let calls = 0
      const once = new Once(async () => {
        calls += 1
        await sleep(10)
        return 'value'
      })
      const tasks = [1, 2].map(() => spawn(() => once.get()))
      await waitAllBlocked()
      tasks[0]?.cancel()
      expect(once.waiting).toBe(1)
      expect([await tasks[1], tasks[0]?.status, calls]).toEqual(['value', 'cancelled', 1])
    }))

  it('goes on when all who asked were cancelled, and has the value for the next', () =>
    testRun(async () => {
      let calls = 0
      const once = new Once(async () => {
        calls += 1
        await sleep(10)
        return 'value'
      })
      await expect(timeout(5, () => once.get())).rejects.toThrow(TimeoutError)
      await sleep(10)
      expect(once.done).toBe(true)
      expect([await once.get(), calls]).toEqual(['value', 1])
    }))

  it('does not start the work in a cancelled scope, and throws there though it is done', () =>
    testRun(async () => {
      let calls = 0
      const once = new Once(() => (calls += 1))
      const ask = async (): Promise<boolean> => {
        const scope = new CancelScope()
        scope.cancel()
        await scope.run(() => once.get())
        return scope.cancelledCaught
      }
      expect([await ask(), calls]).toEqual([true, 0])
      await once.get()
      expect([await ask(), calls]).toEqual([true, 1])
    }))

  it('has its value, and not a cancellation, when both come in the same turn', () =>
    testRun(async () => {
      const gate = new Event()
      const once = new Once(() => gate.wait().then(() => 'value'))
      let got: unknown
      const task = spawn(async () => {
        got = await once.get()
        await sleep(1)
      })
      await waitAllBlocked()
      gate.set()
      while (!once.done) await Promise.resolve()
      task.cancel()
      await task.settled()
      expect([got, task.status]).toEqual(['value', 'cancelled'])
    }))

  it('gives a failure to all who wait, forgets it, and tries again for the next', () =>
    testRun(async () => {
      let calls = 0
      const failure = new Error('first')
      const once = new Once(async () => {
        calls += 1
        await sleep(1)
        if (calls === 1) throw failure
        return 'second'
      })
      const tasks = [1, 2, 3].map(() => attempt(() => once.get()))
      for (const task of tasks) expect(await task).toBe(failure)
      expect([calls, once.done, once.waiting]).toEqual([1, false, 0])
      expect([await once.get(), calls]).toEqual(['second', 2])
    }))

  it('throws what the work throws at once, and does not fail its owner', () =>
    testRun(async () => {
      const failure = new Error('at once')
      const once = new Once((): number => {
        throw failure
      })
      await expect(once.get()).rejects.toBe(failure)
      await expect(once.get()).rejects.toBe(failure)
      expect(currentTask()?.status).toBe('running')
    }))

  it('reports a failure that nobody waits for any more, once', async () => {
    const failure = new Error('nobody')
    const lost = await unhandled(() =>
      testRun(
        async () => {
          const once = new Once(async () => {
            await sleep(10)
            throw failure
          })
          await expect(timeout(5, () => once.get())).rejects.toThrow(TimeoutError)
          await sleep(10)
        },
        { unhandled: 'report' },
      ),
    )
    expect(lost).toEqual([failure])
  })

  it('reports nothing when somebody got the failure, or the work was cancelled', async () => {
    const lost = await unhandled(() =>
      testRun(
        async () => {
          const failing = new Once(() => Promise.reject(new Error('taken')))
          await expect(failing.get()).rejects.toThrow('taken')
          const endless = new Once(() => sleep(Infinity))
          await expect(timeout(5, () => endless.get())).rejects.toThrow(TimeoutError)
        },
        { leftovers: 'cancel' },
      ),
    )
    expect(lost).toEqual([])
  })

  it('refuses the work that asks for its own value, also from a task below it', () =>
    testRun(async () => {
      const circle: Once<unknown> = new Once(() => circle.get())
      const message = 'Once.get: its work waits for its own value; pass the work what it needs'
      await expect(circle.get()).rejects.toThrow(new MisuseError(message))
      const below: Once<unknown> = new Once(() => spawn(() => below.get()))
      await expect(below.get()).rejects.toThrow(new MisuseError(message))
    }))

  it('shows in the task tree with its work as the holder', () =>
    testRun(async () => {
      const once = new Once(() => sleep(1))
      const task = spawn(() => once.get(), { name: 'asker' })
      await waitAllBlocked()
      expect(waitsBelow()).toEqual(['asker: Once.get held by Once', 'Once: sleep'])
      await task
    }))
})

describe('the work of a Once', () => {
  it('belongs to the task that made it, which waits for it', () =>
    testRun(async () => {
      const seen: string[] = []
      let once: Once<void> | undefined
      const owner = spawn(async () => {
        once = new Once(async () => {
          await sleep(100)
          seen.push('work')
        })
        await sleep(10)
      })
      await waitAllBlocked()
      await expect(timeout(5, () => (once as Once<void>).get())).rejects.toThrow(TimeoutError)
      await owner
      expect(seen).toEqual(['work'])
    }))

  it('is cancelled with its owner once nobody waits, and the next to ask tries again', () =>
    testRun(async () => {
      let once: Once<string> | undefined
      let calls = 0
      const owner = spawn(async () => {
        once = new Once(async () => {
          calls += 1
          if (calls === 1) await sleep(Infinity)
          return 'value'
        })
        await sleep(Infinity)
      })
      await waitAllBlocked()
      const asker = spawn(() => (once as Once<string>).get())
      await waitAllBlocked()
      owner.cancel('enough')
      await waitAllBlocked()
      expect([owner.status, (once as Once<string>).waiting]).toEqual(['cancelling', 1])
      asker.cancel()
      await owner.settled()
      // The owner has ended: from now on the work is that of the run.
      expect([await (once as Once<string>).get(), calls]).toEqual(['value', 2])
    }))

  it('is not cancelled by the scope that it was first asked in, nor by that it was made in', () =>
    testRun(async () => {
      const made = new CancelScope()
      const asked = new CancelScope()
      let once: Once<string> | undefined
      await made.run(async () => {
        const inner = new Once(() => sleep(10).then(() => 'value'))
        once = inner
        const asking = asked.run(() => inner.get())
        await waitAllBlocked()
        asked.cancel()
        made.cancel()
        await asking
      })
      expect([made.cancelledCaught, once?.done]).toEqual([true, false])
      expect(await once?.get()).toBe('value')
    }))

  it('stays when the group of the first to ask fails', () =>
    testRun(async () => {
      const once = new Once(() => sleep(10).then(() => 'value'))
      const failure = new Error('group')
      const failing = taskGroup(async (group) => {
        group.spawn(() => once.get())
        await sleep(1)
        throw failure
      })
      await expect(failing).rejects.toBe(failure)
      expect(await once.get()).toBe('value')
    }))

  it('sees what travels along the awaits where the Once was made, not where it is asked', () =>
    testRun(async () => {
      const local = new TaskLocal('none')
      const foreign = new AsyncLocalStorage<string>()
      const work = () => [local.get(), foreign.getStore()]
      const once = local.run('maker', () => foreign.run('maker', () => new Once(work)))
      const asked = local.run('asker', () => foreign.run('asker', () => once.get()))
      expect(await asked).toEqual(['maker', 'maker'])
    }))

  it('stands at the root when the Once was made outside any task', async () => {
    let calls = 0
    const once = new Once(async () => {
      calls += 1
      await Promise.resolve()
      return 'value'
    })
    const ask = () => run(() => once.get(), { handleSignals: false })
    expect([await ask(), await ask(), await once.get(), calls]).toEqual([
      'value',
      'value',
      'value',
      1,
    ])
  })

  it('follows the clock of the test run that asks, though the Once was made outside of it', async () => {
    const once = new Once(() => sleep(3_600_000).then(() => 'value'))
    expect(await testRun(() => once.get())).toBe('value')
  })
})
