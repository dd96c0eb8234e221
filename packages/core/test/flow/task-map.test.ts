import {
  checkpoint,
  gather,
  MisuseError,
  shield,
  sleep,
  spawn,
  supervisor,
  taskGroup,
  TaskMap,
} from 'corral'
import { always, explore, testRun } from 'corral/testing'
import { describe, expect, expectTypeOf, test } from 'vitest'

describe('TaskMap', () => {
  test('TaskMap.spawn keeps the task there is, and frees the key when it has ended', () =>
    testRun(() =>
      taskGroup(async (group) => {
        const tasks = new TaskMap<string, number>(group)
        const first = tasks.spawn('a', () => sleep(10).then(() => 1))
        const other = tasks.spawn('b', () => sleep(20).then(() => 2))
        expect(tasks.spawn('a', () => 3)).toBe(first)
        expect([tasks.size, tasks.get('a'), [...tasks.keys()]]).toEqual([2, first, ['a', 'b']])
        expect([await first, tasks.has('a'), tasks.size]).toEqual([1, false, 1])
        expect(await tasks.spawn('a', () => 4)).toBe(4)
        expect(await other).toBe(2)
      }),
    ))

  test('replacing cancels the one before, and begins when its cleanup has ended', () =>
    testRun(() =>
      taskGroup(async (group) => {
        const log: string[] = []
        const tasks = new TaskMap<string>(group)
        const work = (name: string) => async () => {
          log.push(`${name} begins`)
          try {
            await sleep(100)
          } finally {
            await shield(() => sleep(5))
            log.push(`${name} ends`)
          }
        }
        const names = ['a', 'b', 'c', 'd']
        const spawned = names.map((name) => tasks.spawn('key', work(name), { existing: 'replace' }))
        await sleep(1)
        const last = tasks.spawn('key', work('e'), { existing: 'replace' })
        await last
        expect(log).toEqual(
          ['a begins', 'a ends', 'e begins', 'e ends'].slice(log[0] === 'a begins' ? 0 : 2),
        )
        expect(spawned.map((task) => task.status)).toEqual(names.map(() => 'cancelled'))
        expect(tasks.size).toBe(0)
      }),
    ))

  test('what a task has spawned counts as its work', () =>
    testRun(() =>
      taskGroup(async (group) => {
        let running = 0
        const tasks = new TaskMap<string>(group)
        const work = async (): Promise<void> => {
          spawn(async () => {
            running += 1
            await sleep(Infinity).finally(() => (running -= 1))
          })
        }
        tasks.spawn('key', work)
        await sleep(1)
        expect([running, tasks.has('key')]).toEqual([1, true])
        expect([tasks.cancel('key'), tasks.cancel('key'), tasks.cancel('other')]).toEqual([
          true,
          false,
          false,
        ])
        await sleep(1)
        expect([running, tasks.has('key')]).toEqual([0, false])
      }),
    ))

  test('a failure is the group’s', async () => {
    const failing = async (): Promise<never> => {
      throw new RangeError('by itself')
    }
    const program = testRun(() =>
      taskGroup(async (group) => {
        new TaskMap<string>(group).spawn('key', failing)
        await sleep(Infinity)
      }),
    )
    await expect(program).rejects.toThrow('by itself')
    const errors: unknown[] = []
    await testRun(() =>
      supervisor(
        async (group) => {
          const tasks = new TaskMap<string>(group)
          tasks.spawn('key', failing)
          await sleep(1)
          expect(tasks.has('key')).toBe(false)
        },
        { onError: (error) => void errors.push(error) },
      ),
    )
    expect(errors).toEqual([new RangeError('by itself')])
  })

  test('in every order, and with each task cancelled, never two of a key are at work', async () => {
    const { schedules } = await explore(
      () =>
        taskGroup(async (group) => {
          let running = 0
          always('one at a time', () => running <= 1)
          const tasks = new TaskMap<string>(group)
          const work = async (): Promise<void> => {
            running += 1
            try {
              await sleep(2)
            } finally {
              await shield(() => checkpoint())
              running -= 1
            }
          }
          const replace = async (): Promise<void> => {
            tasks.spawn('key', work, { existing: 'replace' })
            await sleep(1)
            tasks.spawn('key', work, { existing: 'replace' })
          }
          await gather([replace, replace]).catch(() => {})
        }),
      { strategies: ['cancel', 'delay', 'delays', 'random'], budget: 600 },
    )
    expect(schedules).toBeGreaterThan(20)
  })

  test('10 000 of other keys leave nothing behind', () =>
    testRun(() =>
      taskGroup(async (group) => {
        const tasks = new TaskMap<number>(group)
        for (let i = 0; i < 10_000; i++) tasks.spawn(i, () => {})
        await sleep(1)
        expect(tasks.size).toBe(0)
      }),
    ))

  test('says what is wrong', () =>
    testRun(() =>
      taskGroup(async (group) => {
        const tasks = new TaskMap<string>(group)
        expect(() => new TaskMap(undefined as never)).toThrow(MisuseError)
        expect(() => tasks.spawn('key', 5 as never)).toThrow('TaskMap.spawn: fn must be a function')
        const wrong = { existing: 'drop' as never }
        expect(() => tasks.spawn('key', () => {}, wrong)).toThrow(
          `TaskMap.spawn: existing must be "keep" or "replace", got "drop" (string)`,
        )
        expect(tasks.size).toBe(0)
        expectTypeOf(tasks.get).returns.toEqualTypeOf<ReturnType<typeof tasks.spawn> | undefined>()
      }),
    ))
})
