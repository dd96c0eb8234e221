import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  checkpoint,
  currentTask,
  isCancelled,
  MisuseError,
  run,
  sleep,
  spawn,
  TaskCancelledError,
  taskGroup,
  TaskLocal,
} from '../../src/index.ts'
import type { Task } from '../../src/index.ts'
import { testRun } from '../../src/testing.ts'
import { unhandled } from '../unhandled.ts'

describe('spawn', () => {
  it('does not run the body before it returns', () =>
    testRun(async () => {
      const seen: string[] = []
      const task = spawn(() => void seen.push('body'))
      seen.push('spawned')
      expect(task.status).toBe('pending')
      await task
      expect(seen).toEqual(['spawned', 'body'])
    }))

  it('starts the bodies in the order in which they were spawned', () =>
    testRun(async () => {
      const seen: number[] = []
      for (let i = 0; i < 5; i++) spawn(() => void seen.push(i))
      await sleep(1)
      expect(seen).toEqual([0, 1, 2, 3, 4])
    }))

  it('names a task by its option, its function, or its number', () =>
    testRun(async () => {
      async function fetchAll(): Promise<void> {}
      await taskGroup(async (group) => {
        expect(group.spawn(fetchAll).name).toBe('fetchAll')
        expect(group.spawn(fetchAll, { name: 'all' }).name).toBe('all')
        expect(group.spawn(() => sleep(1)).name).toMatch(/^task-\d+$/)
      })
    }))

  it('refuses a promise that already runs, and says what to pass instead', () =>
    testRun(async () => {
      expect(() => spawn(Promise.resolve() as never)).toThrow(
        'spawn: fn must be a function, got a promise that already runs (object); pass () => work() instead of work()',
      )
    }))

  it('makes a task end only when its children have ended', () =>
    testRun(async () => {
      const seen: string[] = []
      const parent = spawn(async () => {
        spawn(async () => {
          await sleep(10)
          seen.push('child')
        })
        return 'value'
      })
      expect(await parent).toBe('value')
      expect(seen).toEqual(['child'])
    }))

  it('makes a failing child fail its parent, which is cancelled first', () =>
    testRun(async () => {
      const seen: unknown[] = []
      const failure = new Error('child')
      const outcome = await taskGroup(async (group) => {
        group.spawn(async () => {
          spawn(async () => {
            await sleep(1)
            throw failure
          })
          try {
            await sleep(1000)
          } catch (error) {
            seen.push(isCancelled(error) && error.reason)
            throw error
          }
        })
      }).catch((error: unknown) => error)
      expect(outcome).toBe(failure)
      expect(seen).toEqual([failure])
    }))

  it('starts the body even in a cancelled scope, and throws at its first wait', () =>
    testRun(async () => {
      const seen: string[] = []
      await taskGroup(async (group) => {
        group.cancel()
        group.spawn(async () => {
          try {
            seen.push('started')
            await sleep(1)
            seen.push('unreachable')
          } finally {
            seen.push('cleaned up')
          }
        })
      })
      expect(seen).toEqual(['started', 'cleaned up'])
    }))

  it('lets a child see the task-local value of its spawner, and keeps its own to itself', () =>
    testRun(async () => {
      const local = new TaskLocal('default')
      const seen = await local.run('outer', async () => {
        const child = spawn(() => local.run('inner', async () => local.get()))
        const sibling = spawn(async () => local.get())
        return [await child, await sibling, local.get()]
      })
      expect(seen).toEqual(['inner', 'outer', 'outer'])
    }))

  it('reports a failure at the root once, as an unhandled rejection, when nobody awaits it', async () => {
    const failure = new Error('lost')
    const lost = await unhandled(async () => {
      spawn(() => {
        throw failure
      })
    })
    expect(lost).toEqual([failure])
  })

  it('reports no failure at the root that somebody awaits', async () => {
    const failure = new Error('taken')
    const lost = await unhandled(async () => {
      await expect(
        spawn(() => {
          throw failure
        }),
      ).rejects.toBe(failure)
    })
    expect(lost).toEqual([])
  })
})

describe('Task', () => {
  it('infers its result', () => {
    expectTypeOf(spawn<number>).returns.toEqualTypeOf<Task<number>>()
    expectTypeOf<Awaited<Task<string>>>().toEqualTypeOf<string>()
  })

  it('can be awaited by many, before and after its end', () =>
    testRun(async () => {
      const task = spawn(async () => {
        await sleep(1)
        return 7
      })
      expect(await Promise.all([task, task])).toEqual([7, 7])
      expect(await task).toBe(7)
      expect(task.status).toBe('fulfilled')
    }))

  it('passes every value through, falsy ones and a returned task too', () =>
    testRun(async () => {
      for (const value of [0, '', null, undefined, false, Number.NaN]) {
        expect(await spawn(() => value)).toBe(value)
      }
      expect(await spawn(() => spawn(() => 3))).toBe(3)
    }))

  it('is cancelled at its innermost wait', () =>
    testRun(async () => {
      const seen: string[] = []
      const task = spawn(async () => {
        const child = spawn(async () => {
          try {
            await sleep(1000)
          } finally {
            seen.push('child')
          }
        })
        try {
          await child
        } finally {
          seen.push('parent')
        }
      })
      await sleep(1)
      expect(task.cancel()).toBe(true)
      await task.settled()
      expect(seen.toSorted()).toEqual(['child', 'parent'])
      expect(task.status).toBe('cancelled')
    }))

  it('can be cancelled once: the second call returns false, the first reason wins', () =>
    testRun(async () => {
      const task = spawn(() => sleep(1000))
      await sleep(1)
      expect(task.cancel('first')).toBe(true)
      expect(task.status).toBe('cancelling')
      expect(task.cancel('second')).toBe(false)
      await expect(task).rejects.toThrow('first')
      expect(task.cancel()).toBe(false)
    }))

  it('throws TaskCancelledError to the one who awaits it, who is not cancelled himself', () =>
    testRun(async () => {
      await taskGroup(async (group) => {
        const task = group.spawn(() => sleep(1000), { name: 'nap' })
        const other = group.spawn(async () => {
          await sleep(5)
          return 'done'
        })
        await sleep(1)
        task.cancel('enough')
        const error = await task.then(undefined, (reason: unknown) => reason)
        expect(error).toBeInstanceOf(TaskCancelledError)
        expect(error).toMatchObject({ code: 'TASK_CANCELLED', reason: 'enough' })
        expect((error as Error).message).toBe('task nap was cancelled: enough')
        await checkpoint()
        expect(await other).toBe('done')
      })
    }))

  it('that cancels itself throws at its next wait', () =>
    testRun(async () => {
      let reached = false
      const task = spawn(async () => {
        currentTask()?.cancel()
        reached = true
        await sleep(1)
        reached = false
      })
      await task.settled()
      expect(reached).toBe(true)
      expect(task.status).toBe('cancelled')
    }))

  it('that cancels itself and waits no more keeps its result', () =>
    testRun(async () => {
      const task = spawn(async () => {
        currentTask()?.cancel()
        return 'kept'
      })
      expect(await task).toBe('kept')
    }))

  it('that catches its cancellation and returns a value is fulfilled with it', () =>
    testRun(async () => {
      const task = spawn(async () => {
        try {
          await sleep(1000)
        } catch {
          return 42
        }
        return 0
      })
      await sleep(1)
      task.cancel()
      expect(await task).toBe(42)
      expect(task.status).toBe('fulfilled')
    }))

  it('refuses to await itself', () =>
    testRun(async () => {
      const task: Task<unknown> = spawn(
        async () => {
          await task
        },
        { name: 'ouroboros' },
      )
      const { reason } = (await taskGroup(async () => task.settled()).catch((error: unknown) => ({
        reason: error,
      }))) as { reason: unknown }
      expect(reason).toBeInstanceOf(MisuseError)
      expect(String(reason)).toContain('task ouroboros awaits itself')
    }).catch((error: unknown) => {
      expect(error).toBeInstanceOf(MisuseError) // its failure is its parent's, too
    }))

  it('is left running when the one who awaits it is cancelled', () =>
    testRun(async () => {
      const task = spawn(async () => {
        await sleep(10)
        return 'done'
      })
      const joiner = spawn(async () => {
        await task
      })
      await sleep(1)
      joiner.cancel()
      await joiner.settled()
      expect(joiner.status).toBe('cancelled')
      expect(await task).toBe('done')
    }))

  it('tells how it went by settled, which does not throw', () =>
    testRun(async () => {
      const failure = new Error('no')
      await taskGroup(async (group) => {
        const failing = group.spawn(async () => {
          throw failure
        })
        expect(await failing.settled()).toEqual({ status: 'rejected', reason: failure })
      }).catch((error: unknown) => expect(error).toBe(failure))
      expect(await spawn(() => 1).settled()).toEqual({ status: 'fulfilled', value: 1 })
    }))

  it('of a failing group rejects nobody unhandled', async () => {
    const failure = new Error('once')
    const lost = await unhandled(() =>
      run(
        async () => {
          await taskGroup(async (group) => {
            group.spawn(async () => {
              throw failure
            })
            group.spawn(() => sleep(1000))
            void sleep(1000)
            await sleep(1000)
          }).catch((error: unknown) => expect(error).toBe(failure))
        },
        { handleSignals: false },
      ),
    )
    expect(lost).toEqual([])
  })

  it('is the current task inside its body, and undefined at the root', async () => {
    expect(currentTask()).toBeUndefined()
    await testRun(async () => {
      const task = spawn(async () => ({ current: currentTask() }))
      expect((await task).current).toBe(task)
    })
  })

  it('that has ended is no context: its late callbacks are at the root', () =>
    testRun(async () => {
      const late = await spawn(async () => AsyncLocalStorage.bind(() => currentTask()))
      expect(late()).toBeUndefined()
    }))
})
