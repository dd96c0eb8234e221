import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  checkpoint,
  Future,
  gather,
  Lock,
  MisuseError,
  now,
  Pool,
  sleep,
  taskGroup,
} from '../../src/index.ts'
import { currentScope } from '../../src/lowlevel.ts'
import {
  always,
  explore,
  ExploreFailure,
  failpoint,
  FailpointError,
  TestFailure,
  testRun,
} from '../../src/testing.ts'

async function failureOf(run: Promise<unknown>): Promise<ExploreFailure> {
  const error = await run.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(ExploreFailure)
  return error as ExploreFailure
}

/** `tasks` tasks with `steps` checkpoints each: (tasks * (steps + 1))! / (steps + 1)! ** tasks orders. */
function walkers(tasks: number, steps: number) {
  return () =>
    taskGroup(async (group) => {
      for (let i = 0; i < tasks; i++) {
        group.spawn(async () => {
          for (let j = 0; j < steps; j++) await checkpoint()
        })
      }
    })
}

/** Two deposits, each of which reads, and writes later what it makes of it. */
async function lostUpdate(): Promise<void> {
  let balance = 0
  const deposit = async (amount: number): Promise<void> => {
    await failpoint('db.get')
    const before = balance
    await failpoint('db.set')
    balance = before + amount
  }
  await taskGroup(async (group) => {
    group.spawn(() => deposit(1), { name: 'alice' })
    group.spawn(
      async () => {
        for (let i = 0; i < 4; i++) await checkpoint()
        await deposit(2)
      },
      { name: 'bob' },
    )
  })
  expect(balance).toBe(3)
}

describe('what explore finds', () => {
  test('a lost update, as one delay', async () => {
    const failure = await failureOf(explore(lostUpdate))
    expect(failure.replay).toMatch(/^d\d+@\d+$/)
    expect(failure.schedules).toBeLessThan(20)
    expect((failure.cause as Error).name).toBe('AssertionError')
    expect(failure.message).toMatch(
      /What it takes: in task alice, db\.set comes back late \(#\d+\), after #\d+/,
    )
    expect(failure.message).toContain('┊ db.set is late')
    expect(failure.message).toContain(`replay: '${failure.replay}'`)
  })

  test('the token gives the same report, again and again', async () => {
    const failure = await failureOf(explore(lostUpdate))
    for (let i = 0; i < 100; i++) {
      const again = await failureOf(explore(lostUpdate, { replay: failure.replay }))
      const table = (text: string) => text.slice(text.indexOf('Each line'))
      expect(table(again.message)).toBe(table(failure.message))
    }
  })

  test('a deadlock, with the circle', async () => {
    const failure = await failureOf(
      explore(async () => {
        const [a, b] = [new Lock(), new Lock()]
        await taskGroup(async (group) => {
          group.spawn(() => a.use(() => b.use(checkpoint)), { name: 'left' })
          group.spawn(
            async () => {
              for (let i = 0; i < 5; i++) await checkpoint()
              await b.use(() => a.use(checkpoint))
            },
            { name: 'right' },
          )
        })
      }),
    )
    expect(failure.cause).toMatchObject({ code: 'DEADLOCK' })
    expect(failure.message).toContain(
      'in a circle: left waits for right (Lock.acquire), right waits for left (Lock.acquire)',
    )
    expect(failure.message).toMatch(
      /here it failed; what follows is its cleanup.*\n {2}\.\.\. \d more/,
    )
  })

  test('what fails first come, first served needs no delay', async () => {
    const failure = await failureOf(explore(() => Promise.reject(new Error('always'))))
    expect(failure.replay).toBe('fifo')
    expect(failure.schedules).toBe(1)
    await failureOf(explore(() => Promise.reject(new Error('always')), { replay: 'fifo' }))
  })

  test('work that is so slow that a timer overtakes it', async () => {
    const failure = await failureOf(
      explore(async () => {
        let cache: string | undefined
        await gather([
          async () => {
            await sleep(1)
            cache = 'loaded'
          },
          async () => {
            await sleep(100)
            expect(cache).toBe('loaded')
          },
        ])
      }),
    )
    expect(failure.replay).toMatch(/^t1@\d+$/)
    expect(failure.message).toMatch(/sleep comes back \d+ ms late, at \d+ ms \(#\d+\)/)
  })

  test('what needs two delays has two, and neither alone is enough', async () => {
    const main = async (): Promise<void> => {
      let [a, b] = [0, 0]
      const careless = (read: () => number, write: (value: number) => void) => async () => {
        const before = read()
        await checkpoint()
        write(before + 1)
      }
      const setA = careless(
        () => a,
        (value) => (a = value),
      )
      const setB = careless(
        () => b,
        (value) => (b = value),
      )
      const later = (work: () => Promise<void>) => async () => {
        for (let i = 0; i < 3; i++) await checkpoint()
        await work()
      }
      await gather([setA, setB, later(setA), later(setB)])
      if (a === 1 && b === 1) throw new Error('both lost')
    }
    const failure = await failureOf(explore(main))
    const delays = failure.replay.split('+')
    expect(delays).toHaveLength(2)
    for (const replay of delays) await explore(main, { replay })
  })

  test('random schedules are told by their delays too, shrunk', async () => {
    for (const strategy of ['pct', 'random'] as const) {
      const failure = await failureOf(explore(lostUpdate, { strategies: [strategy], budget: 500 }))
      expect(failure.replay).toMatch(/^d\d+@\d+$/)
    }
  })
})

describe('what explore counts', () => {
  test.each([
    [2, 1, 6],
    [2, 3, 70],
    [2, 5, 924],
    [3, 1, 90],
    [3, 2, 1680],
    [4, 1, 2520],
    [1, 5, 1],
  ])('%i tasks with %i checkpoints have exactly %i orders', async (tasks, steps, orders) => {
    const explored = await explore(walkers(tasks, steps), {
      strategies: ['exhaustive'],
      budget: 5000,
    })
    expect(explored.strategies).toEqual([{ name: 'exhaustive', schedules: orders, complete: true }])
  })

  test('it says when it has not tried all', async () => {
    const explored = await explore(walkers(3, 3), { strategies: ['exhaustive'], budget: 100 })
    expect(explored.schedules).toBe(100)
    expect(explored.strategies[0]).toMatchObject({ complete: false })
  })

  test('a small program is explored exhaustively without being asked to', async () => {
    const explored = await explore(walkers(2, 2))
    const exhaustive = explored.strategies.find(({ name }) => name === 'exhaustive')
    expect(exhaustive).toMatchObject({ complete: true })
    expect(explored.completeUpTo).toBe(Infinity)
    expect(explored.schedules).toBeLessThan(300)
  })

  test('all single delays are tried, each once', async () => {
    const seen = new Set<string>()
    const explored = await explore(
      async () => {
        const trail: number[] = []
        await taskGroup(async (group) => {
          for (let i = 0; i < 3; i++) {
            group.spawn(async () => {
              for (let j = 0; j < 2; j++) {
                await checkpoint()
                trail.push(i)
              }
            })
          }
        })
        seen.add(trail.join(''))
      },
      { strategies: ['delay'], budget: 5000 },
    )
    expect(explored.strategies[0]).toMatchObject({ name: 'delay', complete: true })
    expect(seen.size).toBeGreaterThan(10)
  })

  test('the same seed explores the same', async () => {
    const trails = async (seed: number) => {
      const seen: string[] = []
      await explore(
        async () => {
          let trail = ''
          const walk = (name: string) => async () => {
            for (let j = 0; j < 3; j++) {
              await checkpoint()
              trail += name
            }
          }
          await gather([walk('a'), walk('b')])
          seen.push(trail)
        },
        { strategies: ['random'], budget: 50, seed },
      )
      return seen.join()
    }
    expect(await trails(7)).toBe(await trails(7))
    expect(await trails(7)).not.toBe(await trails(8))
  })
})

describe('what explore refuses', () => {
  test('a program that is not the same twice', async () => {
    let runs = 0
    const error = await explore(async () => {
      runs += 1
      for (let i = 0; i < runs; i++) await checkpoint()
    }).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(TestFailure)
    expect(error).toMatchObject({ code: 'NONDETERMINISM' })
    expect((error as Error).message).toContain('wake-up 3')
  })

  test('a token that nobody printed, a budget that is none', async () => {
    await expect(explore(checkpoint, { replay: 'nonsense' })).rejects.toThrow(
      'explore: replay must be a token that a report printed, such as d1@4, got "nonsense" (string)',
    )
    await expect(explore(checkpoint, { budget: 0 })).rejects.toThrow(MisuseError)
    await expect(explore(undefined as never)).rejects.toThrow('explore: main must be a function')
  })

  test('a program that never comes to rest is a livelock', async () => {
    const failure = await failureOf(
      explore(
        async () => {
          for (;;) await checkpoint()
        },
        { maxSteps: 1000 },
      ),
    )
    expect(failure.cause).toMatchObject({ code: 'LIVELOCK' })
    expect(failure.message).toMatch(/\.\.\. \d+ more/) // a long table is cut
    expect(failure.message).toContain(
      'livelock: it had not ended after 1001 steps; the last were main@checkpoint',
    )
  })
})

describe('what explore makes of odd programs', () => {
  const boom = { code: 7 }

  test.each([
    ['a string', 'plain', 'thrown: plain'],
    ['undefined', undefined, 'thrown: undefined'],
    ['an object', boom, 'thrown: {code: 7}'],
    ['what has no text', Object.create(null), 'thrown: {}'],
  ])('one that throws %s', async (_, thrown, shown) => {
    const failure = await failureOf(explore(() => Promise.reject(thrown)))
    expect(failure.message).toContain(`explore: ${shown}\n`)
    expect(failure.cause).toBe(thrown)
  })

  test('one that explores, or is explored in a run', async () => {
    const nested = await failureOf(explore(() => explore(checkpoint)))
    expect(nested.message).toContain('explore: task main is inside a run already')
    await expect(testRun(() => explore(checkpoint))).rejects.toThrow('call explore outside of it')
  })

  test('one that waits for something real', async () => {
    const failure = await failureOf(explore(() => new Promise(() => {})))
    expect(failure.cause).toMatchObject({ code: 'FOREIGN' })
    expect(failure.message).toContain('put a failpoint in its place')
  })

  test('one of ten thousand tasks has a report that can be read', async () => {
    const failure = await failureOf(
      explore(async () => {
        await taskGroup(async (group) => {
          for (let i = 0; i < 10_000; i++) group.spawn(() => sleep(i % 10))
        })
        throw new Error('all done')
      }),
    )
    const lines = failure.message.split('\n')
    expect(lines.length).toBeLessThan(80)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(220)
    expect(failure.message).toContain('9994 other tasks')
    expect(failure.html().length).toBeLessThan(100_000)
  })

  test('one that holds something that outlives its runs fails in two ways', async () => {
    const lock = new Lock()
    await expect(explore(() => lock.acquire())).rejects.toMatchObject({ code: 'NONDETERMINISM' })
  })

  test('one whose pool outlives its runs, and lives in the time of the machine, fails', async () => {
    const pool = new Pool({ create: () => sleep(1), destroy: () => sleep(1), max: 1, idle: 1000 })
    const main = async (): Promise<void> => {
      await pool.use(() => sleep(5))
      await sleep(5000)
    }
    const ways = /deadlock|second time|another way|twice|left something/
    await expect(explore(main)).rejects.toThrow(ways)
  })

  test('a token of another program is no proof that this one is right', async () => {
    await expect(explore(checkpoint, { replay: 'd3@77' })).rejects.toThrow(
      'explore: replay: d3@77 is not of this program as it is now: there was no wake-up 77, only 2',
    )
  })

  test('a report that cannot be written is still told', async () => {
    const failure = await failureOf(
      explore(() => Promise.reject(new Error('mine')), { html: '/dev/null/x/timeline.html' }),
    )
    expect(failure.message).toMatch(/Error: mine[^]*Timeline: +not written: Error: E/)
  })

  test('names, words and promises in the wrong place', async () => {
    const failures: [() => unknown, string][] = [
      [() => failpoint(''), 'failpoint: name must be a string that is not empty, got ""'],
      [() => failpoint('x', new Error('x') as never), 'failpoint: error must be a function'],
      [() => always('x', (async () => false) as never), 'always: holds must answer at once'],
    ]
    for (const [program, message] of failures) {
      const main = async (): Promise<void> => {
        await program()
        await checkpoint()
      }
      await expect(testRun(main)).rejects.toThrow(message)
    }
    await expect(explore(checkpoint, { strategies: ['dely'] as never })).rejects.toThrow(
      'explore: strategies must be a list of delay, time,',
    )
    await expect(testRun(checkpoint, { foreign: 'no' as never })).rejects.toThrow(
      'testRun: foreign must be "wait" or "error", got "no" (string)',
    )
    await expect(testRun(checkpoint, { seed: 'x' as never })).rejects.toThrow('testRun: seed must')
  })
})

describe('what can be made to go wrong', () => {
  /** Forgets to give back what it took when it is cancelled at the wrong moment. */
  const careless = async (): Promise<void> => {
    let free = 1
    await taskGroup(async (group) => {
      const worker = group.spawn(
        async () => {
          free -= 1
          await failpoint('work')
          free += 1
        },
        { name: 'worker' },
      )
      await worker.settled()
    })
    if (free !== 1) throw new Error(`${1 - free} lost`)
  }

  test('a cancellation at any wake-up', async () => {
    const failure = await failureOf(explore(careless, { strategies: ['cancel'] }))
    expect(failure.replay).toMatch(/^[cw]@\d+$/)
    expect(failure.message).toMatch(/\(cancelled (?:just now|after this)\)/)
    await failureOf(explore(careless, { replay: failure.replay }))
  })

  test('a failpoint', async () => {
    const failure = await failureOf(
      explore(
        async () => {
          let open = 0
          open += 1
          await failpoint('db.commit').catch((error: unknown) => {
            expect(error).toBeInstanceOf(FailpointError)
            open += 1
          })
          open -= 1
          expect(open).toBe(0)
        },
        { strategies: ['fail'] },
      ),
    )
    expect(failure.message).toContain('db.commit (made to fail)')
  })

  test('a failpoint throws the error it was given, and does nothing outside a test', async () => {
    const thrown: unknown[] = []
    await explore(
      () =>
        failpoint('io', () => new RangeError('disk full')).catch((error: unknown) => {
          thrown.push(error)
        }),
      { strategies: ['fail'] },
    )
    expect(thrown).toMatchObject([{ message: 'disk full' }])
    await expect(failpoint('io')).resolves.toBeUndefined()
    await expect(testRun(() => failpoint('io'))).resolves.toBeUndefined()
  })

  test('what was injected may come out, unless it does harm', async () => {
    const explored = await explore(
      async () => {
        await failpoint('a')
        await sleep(10)
      },
      { strategies: ['cancel', 'fail', 'timeout'] },
    )
    expect(explored.schedules).toBeGreaterThan(6)
  })
})

describe('the report', () => {
  test('is written as a page that needs nothing else', async () => {
    const file = join(tmpdir(), `corral-timeline-${process.pid}.html`)
    try {
      const failure = await failureOf(explore(lostUpdate, { html: file }))
      const page = readFileSync(file, 'utf8')
      expect(page).toBe(failure.html())
      expect(failure.message).toContain(file)
      expect(page).toContain('<svg')
      expect(page).not.toMatch(/(?:src|href)=/)
      expect(page).toContain('First come, first served')
    } finally {
      rmSync(file, { force: true })
    }
  })

  test('names of tasks and errors do not become markup', async () => {
    const failure = await failureOf(
      explore(() =>
        taskGroup(async (group) => {
          group.spawn(() => Promise.reject(new Error('<b>&"')), { name: '<script>' })
        }),
      ),
    )
    expect(failure.html()).not.toContain('<script>')
    expect(failure.html()).not.toContain('<b>&')
  })

  test('each run has a world of its own', async () => {
    const worlds = new Set<string>()
    await explore(async () => {
      worlds.add(`${currentScope().task?.id} ${now()} ${currentScope().runtime.random()}`)
      await new Future().wait().catch(() => {})
    }).catch(() => {})
    expect(worlds.size).toBe(1)
  })
})
