import { describe, expect, it } from 'vitest'
import {
  currentTask,
  exponential,
  moveOnAfter,
  now,
  shield,
  sleep,
  spawn,
  supervisor,
  TaskLocal,
} from '../../src/index.ts'
import { currentScope, snapshot } from '../../src/lowlevel.ts'
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
    await expect(supervisor(async () => 1, {})).rejects.toThrow(
      'supervisor: onError must be a function, got undefined',
    )
  })

  describe('that restarts', () => {
    /** A worker that fails as often as it is told, and then works until it is cancelled. */
    function failing(times: number, after = 0): { work: () => Promise<void>; starts: number[] } {
      const starts: number[] = []
      const work = async (): Promise<void> => {
        starts.push(now())
        if (after > 0) await sleep(after)
        if (starts.length <= times) throw new Error(`failure ${starts.length}`)
        await sleep(1e9)
      }
      return { work, starts }
    }

    it('starts a task again that has failed, by its backoff, as a task of the same name', () =>
      testRun(async () => {
        const { work, starts } = failing(4)
        const told: string[] = []
        await supervisor(
          async (group) => {
            group.spawn(work, { name: 'worker' })
            await sleep(1000)
            expect(snapshot(currentScope()).map(({ name }) => name)).toEqual(['worker'])
            group.cancel()
          },
          {
            onError: (error, task) => void told.push(`${task.name}: ${(error as Error).message}`),
            restart: { backoff: [10, 20] },
          },
        )
        expect(starts).toEqual([0, 10, 30, 50, 70])
        expect(told).toEqual([1, 2, 3, 4].map((i) => `worker: failure ${i}`))
      }))

    it('fails with the failure that comes after too many restarts, of all tasks together', () =>
      testRun(async () => {
        const one = failing(9)
        const other = failing(9)
        const all = supervisor(
          (group) => {
            group.spawn(one.work)
            group.spawn(other.work)
          },
          { restart: { attempts: 3, within: 1000 } },
        )
        await expect(all).rejects.toThrow('failure 2')
        expect(one.starts.length + other.starts.length).toBe(5)
      }))

    it('goes on for ever with a task that fails seldom, and begins its backoff anew', () =>
      testRun(async () => {
        const { work, starts } = failing(9, 2000)
        await supervisor(
          async (group) => {
            group.spawn(work)
            await sleep(100_000)
            group.cancel()
          },
          { restart: { attempts: 1, within: 1000, backoff: exponential({ base: 7, jitter: 0 }) } },
        )
        expect(starts).toEqual(Array.from({ length: 10 }, (_, i) => i * 2007))
      }))

    it('starts none again that ended well or was cancelled, nor any while it is being cancelled', () =>
      testRun(async () => {
        let starts = 0
        const ended = supervisor(
          async (group) => {
            group.spawn(() => (starts += 1))
            const cut = group.spawn(async () => {
              starts += 1
              await sleep(1000)
            })
            group.spawn(async () => {
              starts += 1
              await sleep(1000).catch(() => {
                throw new Error('in the cleanup')
              })
            })
            await sleep(1)
            cut.cancel()
            await sleep(1)
            group.cancel()
          },
          { restart: {} },
        )
        await expect(ended).rejects.toThrow('in the cleanup') // nobody else is told of it
        expect(starts).toBe(3)
      }))

    it('starts it again with its own task-local values, not with those of who ended last below it', () =>
      testRun(async () => {
        const local = new TaskLocal('none')
        const seen: string[] = []
        const told: string[] = []
        await supervisor(
          async (group) => {
            group.spawn(async () => {
              seen.push(local.get())
              if (seen.length > 1) return
              local.run('below', () => spawn(() => shield(() => sleep(5))))
              await sleep(1)
              throw new Error('again')
            })
          },
          { restart: {}, onError: () => told.push(local.get()) },
        )
        expect({ seen, told }).toEqual({ seen: ['none', 'none'], told: ['none'] })
      }))

    it.each([
      ['a number', 5],
      ['null', null],
      ['a generator, which gives what is left of it', (function* () {})()],
    ])('refuses %s as its backoff', async (_, backoff) => {
      const restart = { backoff: backoff as never }
      const call = (): Promise<void> => supervisor(() => {}, { restart })
      await expect(call()).rejects.toThrow('supervisor: restart.backoff must be an iterable')
    })

    it('gives up its wait before a restart when it is cancelled', () =>
      testRun(async () => {
        const { work, starts } = failing(1)
        await moveOnAfter(100, () =>
          supervisor((group) => void group.spawn(work), { restart: { backoff: [1000] } }),
        )
        expect([now(), starts]).toEqual([100, [0]])
      }))

    it('refuses options that are out of range, and neither onError nor restart', async () => {
      const wrong = (restart: object) => supervisor(() => {}, { restart })
      await expect(wrong({ attempts: -1 })).rejects.toThrow(
        'supervisor: restart.attempts must be a whole number of at least 0, or Infinity, got -1',
      )
      await expect(wrong({ within: Number.NaN })).rejects.toThrow('supervisor: restart.within')
      await expect(supervisor(() => {}, {})).rejects.toThrow('supervisor: onError')
    })
  })
})
