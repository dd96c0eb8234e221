import { describe, expect, it } from 'vitest'
import { CancelScope, Future, now, sleep, spawn, taskGroup } from '../../src/index.ts'
import type { TaskGroup } from '../../src/index.ts'
import { currentScope, snapshot } from '../../src/lowlevel.ts'
import { testRun } from '../../src/testing.ts'

describe('TaskGroup.start', () => {
  it('returns the value that was started with, and the group waits for the rest', () =>
    testRun(async () => {
      const start = now()
      await taskGroup(async (group) => {
        const port = await group.start<number>(async (started) => {
          await sleep(5)
          started(8080)
          await sleep(20)
        })
        expect([port, now() - start]).toEqual([8080, 5])
      })
      expect(now() - start).toBe(25)
    }))

  it('ends with the failure of the group that it waits to join', () =>
    testRun(
      async () => {
        const failure = new Error('database is down')
        const group = new Future<TaskGroup>()
        const log: unknown[] = []
        const failing = taskGroup(async (outer) => {
          outer.spawn(async () => {
            const starting = (await group).start<void>(async (started) => {
              await sleep(Infinity) // for what the failed task would have told
              started()
            })
            log.push(await starting.catch((error: unknown) => error), now())
          })
          await taskGroup(async (inner) => {
            inner.spawn(async () => {
              await sleep(20)
              throw failure
            })
            group.resolve(inner)
            await sleep(Infinity)
          }).catch((error: unknown) => log.push(error))
        })
        await failing
        expect(log).toEqual([failure, 20, failure])
      },
      { startTime: 0 },
    ))

  it('ends when the group that it waits to join is cancelled', () =>
    testRun(async () => {
      const group = new Future<TaskGroup>()
      const waiting = spawn(async () =>
        (await group).start(() => sleep(Infinity)).catch((error: unknown) => error),
      )
      await taskGroup(async (inner) => {
        group.resolve(inner)
        await sleep(20)
        inner.cancel('not needed')
      })
      expect(await waiting).toMatchObject({ code: 'TASK_CANCELLED', reason: 'not needed' })
    }))

  it('throws what the task throws before it has started, and leaves the group alone', () =>
    testRun(async () => {
      const failure = new Error('no port')
      await taskGroup(async (group) => {
        await expect(
          group.start(async () => {
            await sleep(1)
            throw failure
          }),
        ).rejects.toBe(failure)
        await sleep(1)
      })
    }))

  it('refuses a task that ends without having started, or that starts twice', () =>
    testRun(async () => {
      await taskGroup(async (group) => {
        await expect(group.start(async () => {}, { name: 'server' })).rejects.toThrow(
          'TaskGroup.start: task server ended without calling started; call it when it is ready',
        )
      })
      await expect(
        taskGroup(async (group) => {
          await group.start<void>(async (started) => {
            started()
            started()
          })
        }),
      ).rejects.toThrow('started was called twice')
    }))

  it('makes what fails after the start the failure of the group', () =>
    testRun(async () => {
      const failure = new Error('later')
      await expect(
        taskGroup(async (group) => {
          await group.start<void>(async (started) => {
            started()
            await sleep(1)
            throw failure
          })
          await sleep(1000)
        }),
      ).rejects.toBe(failure)
    }))

  it('cancelled before the start cancels the task, awaits it, and throws on', () =>
    testRun(async () => {
      const seen: string[] = []
      await taskGroup(async (group) => {
        const scope = new CancelScope()
        await scope.run(async () => {
          spawn(async () => {
            await sleep(1)
            scope.cancel()
          })
          await group.start(async () => {
            try {
              await sleep(1000)
            } finally {
              seen.push('task')
            }
          })
          seen.push('unreachable')
        })
        expect(scope.cancelledCaught).toBe(true)
      })
      expect(seen).toEqual(['task'])
    }))

  it('cancelled after the start leaves the task to the group', () =>
    testRun(async () => {
      const seen: string[] = []
      await taskGroup(async (group) => {
        const scope = new CancelScope()
        await scope.run(async () => {
          await group.start<void>(async (started) => {
            started()
            await sleep(10)
            seen.push('task')
          })
          scope.cancel()
          await sleep(1)
        })
      })
      expect(seen).toEqual(['task'])
    }))

  it('in a cancelled scope lets a task start that does not wait', () =>
    testRun(async () => {
      await taskGroup(async (group) => {
        const scope = new CancelScope()
        await scope.run(async () => {
          scope.cancel()
          expect(await group.start<number>(async (started) => started(1))).toBe(1)
        })
      })
    }))

  it('in a cancelled group lets a task start, and ends it at its first wait', () =>
    testRun(async () => {
      const seen: unknown[] = []
      await taskGroup(async (group) => {
        group.cancel()
        seen.push(
          await group.start<number>(async (started) => {
            started(1)
            await sleep(1)
            seen.push('unreachable')
          }),
        )
        await sleep(1)
        seen.push('unreachable')
      })
      expect(seen).toEqual([1])
    }))

  it('shows the task in the tree, below the caller first, then below the group', () =>
    testRun(async () => {
      const names = (): string => JSON.stringify(snapshot(currentScope()), ['name', 'children'])
      await taskGroup(async (group) => {
        group.spawn(
          () =>
            group.start<void>(
              async (started) => {
                await sleep(10)
                started()
                await sleep(10)
              },
              { name: 'server' },
            ),
          { name: 'caller' },
        )
        await sleep(5)
        expect(names()).toBe('[{"name":"caller","children":[{"name":"server","children":[]}]}]')
        await sleep(10)
        expect(names()).toBe('[{"name":"server","children":[]}]')
      })
    }))

  it('keeps the group open while it is pending', () =>
    testRun(async () => {
      let value: number | undefined
      await taskGroup(async (group) => {
        group.spawn(async () => {
          const pending = group.start<number>(async (started) => {
            await sleep(10)
            started(5)
          })
          value = await pending
        })
      })
      expect(value).toBe(5)
    }))
})
