import { describe, expect, it } from 'vitest'
import { currentTask, moveOnAfter, now, sleep, spawn, supervisor } from '../../src/index.ts'
import { testRun } from '../../src/testing.ts'

describe('supervisor', () => {
  it('lets a task fail alone: its siblings live, the error goes to the handler', () =>
    testRun(async () => {
      const failure = new Error('one')
      const seen: unknown[] = []
      const value = await supervisor(
        async (group) => {
          group.spawn(
            () => {
              throw failure
            },
            { name: 'bad' },
          )
          group.spawn(async () => {
            await sleep(10)
            seen.push('sibling')
          })
          return 'value'
        },
        { onError: (error, task) => seen.push(task.name, error) },
      )
      expect([value, ...seen]).toEqual(['value', 'bad', failure, 'sibling'])
    }))

  it('awaits its handler, and the others go on meanwhile', () =>
    testRun(async () => {
      const log: unknown[] = []
      await supervisor(
        async (group) => {
          group.spawn(() => {
            throw new Error('worker failed')
          })
          group.spawn(async () => {
            await sleep(5)
            log.push('sibling')
          })
        },
        {
          onError: async (error) => {
            await sleep(10)
            log.push((error as Error).message)
          },
        },
      )
      expect(log).toEqual(['sibling', 'worker failed'])
    }))

  it('fails with what its handler throws later, once', () =>
    testRun(async () => {
      const failure = new Error('the log is full')
      const failing = supervisor(
        async (group) => {
          group.spawn(() => {
            throw new Error('worker failed')
          })
          await sleep(100)
        },
        {
          onError: async () => {
            await sleep(10)
            throw failure
          },
        },
      )
      await expect(failing).rejects.toBe(failure)
    }))

  it('ends its handler when it is cancelled itself', () =>
    testRun(
      async () => {
        const result = await moveOnAfter(20, () =>
          supervisor(
            (group) => {
              group.spawn(() => {
                throw new Error('worker failed')
              })
            },
            { onError: () => sleep(1000) },
          ),
        )
        expect([result, now()]).toEqual([{ timedOut: true }, 20])
      },
      { startTime: 0 },
    ))

  it('tells its handler in a place that lives: what the handler spawns is awaited', () =>
    testRun(async () => {
      const seen: unknown[] = []
      await supervisor(
        async (group) => {
          group.spawn(
            () => {
              throw new Error('expected')
            },
            { name: 'bad' },
          )
          await sleep(10)
        },
        {
          onError: () => {
            seen.push(currentTask()?.name)
            spawn(() => sleep(5).then(() => seen.push('told')))
          },
        },
      )
      expect(seen).toEqual(['main', 'told'])
    }))

  it('whose body fails cancels and awaits its tasks; what they throw meanwhile goes to the handler', () =>
    testRun(async () => {
      const [body, cleanup] = [new Error('body'), new Error('cleanup')]
      const seen: unknown[] = []
      await expect(
        supervisor(
          async (group) => {
            group.spawn(async () => {
              try {
                await sleep(1000)
              } catch {
                throw cleanup
              }
            })
            await sleep(1)
            throw body
          },
          { onError: (error) => seen.push(error) },
        ),
      ).rejects.toBe(body)
      expect(seen).toEqual([cleanup])
    }))

  it('cancelled from outside cancels its tasks', () =>
    testRun(async () => {
      const seen: string[] = []
      const owner = spawn(() =>
        supervisor(
          async (group) => {
            group.spawn(async () => {
              try {
                await sleep(1000)
              } finally {
                seen.push('task')
              }
            })
          },
          { onError: () => seen.push('error') },
        ),
      )
      await sleep(1)
      owner.cancel()
      await owner.settled()
      expect([owner.status, ...seen]).toEqual(['cancelled', 'task'])
    }))

  it('cancelled by itself throws what its body throws after that', () =>
    testRun(async () => {
      const failure = new Error('body')
      await expect(
        supervisor(
          async (group) => {
            group.spawn(() => sleep(1000))
            group.cancel()
            throw failure
          },
          { onError: () => {} },
        ),
      ).rejects.toBe(failure)
    }))

  it('fails with what its handler throws', () =>
    testRun(async () => {
      const fatal = new Error('fatal')
      await expect(
        supervisor(
          async (group) => {
            group.spawn(() => {
              throw new Error('task')
            })
            await sleep(1000)
          },
          {
            onError() {
              throw fatal
            },
          },
        ),
      ).rejects.toBe(fatal)
    }))

  it('refuses to be without a handler', async () => {
    await expect(supervisor(async () => 1, {} as never)).rejects.toThrow(
      'supervisor: onError must be a function, got undefined (undefined)',
    )
  })
})
