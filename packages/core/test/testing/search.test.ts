import { readFile, readdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkpoint, gather, moveOnAfter, Queue, sleep, taskGroup } from '../../src/index.ts'
import { explore, ExploreFailure, failpoint, linearizable, testRun } from '../../src/testing.ts'

/** Four sleeps that begin together, and the order in which they come back. */
function fourSleeps(seen: Set<string>) {
  return async (): Promise<void> => {
    let order = ''
    await gather(
      ['a', 'b', 'c', 'd'].map((name, i) => async () => {
        await sleep(i + 1)
        order += name
      }),
    )
    seen.add(order)
  }
}

describe('lateness', () => {
  test('orders that take more of it are never tried', async () => {
    const seen = new Set<string>()
    const explored = await explore(fourSleeps(seen), { lateness: 1, budget: 20_000 })
    expect(explored.lateness).toBe(1)
    expect(seen).toContain('bacd')
    expect([...seen].filter((order) => order.indexOf('c') < order.indexOf('a'))).toEqual([])
  })

  test('none keeps time to the order of its timers', async () => {
    const seen = new Set<string>()
    const explored = await explore(fourSleeps(seen), { lateness: 0 })
    expect([...seen]).toEqual(['abcd'])
    expect(explored.completeUpTo).toBe(0)
  })

  test('as much as the usual run takes allows all 24 orders', async () => {
    const seen = new Set<string>()
    const explored = await explore(fourSleeps(seen), { budget: 4000 })
    expect(explored.lateness).toBe(4)
    expect(seen.size).toBe(24)
  })

  test('it says up to which lateness every order was run, or says nothing', async () => {
    const two = (): Promise<unknown> => gather([() => sleep(10), () => sleep(30)])
    const all = await explore(two, { budget: 5000 })
    expect(all.completeUpTo).toBe(Infinity)
    const some = await explore(two, { budget: 5000, lateness: 15 })
    expect(some.completeUpTo).toBe(15)
    expect(await explore(two, { budget: 10 })).not.toHaveProperty('completeUpTo')
  })

  test('what is no duration is refused', async () => {
    await expect(explore(checkpoint, { lateness: -1 })).rejects.toThrow('explore: lateness must be')
  })
})

describe('shares', () => {
  test('no strategy uses more than half of a budget that all of them need', async () => {
    const program = (): Promise<unknown> =>
      gather(
        Array.from({ length: 4 }, (_, i) => async () => {
          for (let k = 0; k < 8; k++) await sleep(1 + i)
        }),
      )
    const { strategies, schedules } = await explore(program)
    expect(schedules).toBe(1000)
    for (const strategy of strategies) expect(strategy.schedules).toBeLessThan(500)
    expect(strategies.map(({ name }) => name)).toEqual(['delay', 'time', 'delays', 'pct', 'random'])
  })

  test('a failure together with a delay is found', async () => {
    class Writer {
      #buffer: number[] = []
      readonly written: number[] = []
      add(n: number): void {
        this.#buffer.push(n)
      }
      async flush(): Promise<void> {
        const batch = this.#buffer
        this.#buffer = []
        try {
          await failpoint('POST')
          this.written.push(...batch)
        } catch {
          this.#buffer = [...batch, ...this.#buffer]
        }
      }
      async close(): Promise<void> {
        while (this.#buffer.length > 0) await this.flush()
      }
    }
    const failure = await explore(async () => {
      const writer = new Writer()
      await gather({
        app: async () => {
          writer.add(1)
          for (let i = 0; i < 4; i++) await checkpoint()
          await writer.close()
        },
        timer: async () => {
          await checkpoint()
          await writer.flush()
        },
      })
      if (writer.written.length !== 1) throw new Error('not written')
    }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(ExploreFailure)
    expect((failure as ExploreFailure).replay).toMatch(/^d\d+@\d+\+f@\d+$/)
  })
})

describe('what is judged', () => {
  test('a loop that gives others a turn ends', async () => {
    const { schedules } = await explore(async () => {
      const state = { ready: false }
      await gather({
        waiter: async () => {
          while (!state.ready) await checkpoint()
        },
        setter: async () => {
          await checkpoint()
          state.ready = true
        },
      })
    })
    expect(schedules).toBeGreaterThan(100)
  })

  test('one that waits for time to pass by giving others a turn ends, too', async () => {
    const state = { ready: false }
    await testRun(() =>
      gather([
        async () => {
          while (!state.ready) await checkpoint()
        },
        () => sleep(5).then(() => (state.ready = true)),
      ]),
    )
    expect(state.ready).toBe(true)
  })

  test('a true livelock is named', async () => {
    const spin = async (): Promise<void> => {
      for (;;) await checkpoint()
    }
    const spinning = explore(() => gather({ one: spin, two: spin }))
    await expect(spinning).rejects.toThrow(/livelock.*one@checkpoint/)
  })

  test('a wait that is so late that the run is over first has a token all the same', async () => {
    const program = async (): Promise<void> => {
      let half = false
      const start = async (): Promise<void> => {
        half = true
        await failpoint('load')
        half = false
      }
      const use = async (): Promise<void> => {
        for (let i = 0; i < 3; i++) await failpoint('work')
        if (half) throw new Error('half')
      }
      await Promise.all([start(), use()])
    }
    const failure: unknown = await explore(program).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'EXPLORE', replay: expect.stringMatching(/^d\d@2$/) })
    const { replay } = failure as ExploreFailure
    await expect(explore(program, { replay })).rejects.toThrow('half')
  })

  test('state that outlives a run is called so', async () => {
    let sent = 0
    const program = async (): Promise<void> => {
      sent += 1
      await sleep(1)
      if (sent !== 1) throw new Error(`sent ${sent} mails`)
    }
    const failure = explore(program)
    await expect(failure).rejects.toThrow('state across runs')
    await expect(failure).rejects.toThrow('sent 2 mails')
  })

  test('a rejection that nobody handles fails its schedule, with its token', async () => {
    const program = async (): Promise<void> => {
      let ready = false
      const audit = async (): Promise<void> => {
        if (!ready) throw new Error('audit log before boot')
      }
      await gather({
        boot: async () => {
          for (let i = 0; i < 4; i++) await checkpoint()
          ready = true
        },
        request: async () => {
          for (let i = 0; i < 8; i++) await checkpoint()
          void audit()
        },
      })
    }
    const failure = (await explore(program).catch((error: unknown) => error)) as ExploreFailure
    expect(failure.message).toContain(
      'a rejection that nobody handles: Error: audit log before boot',
    )
    await expect(explore(program, { replay: failure.replay })).rejects.toMatchObject({
      cause: { code: 'UNHANDLED' },
    })
  })

  test('a history that fits no order says how far one gets, with what Maps and Sets hold', async () => {
    class Registry {
      readonly #names = new Set<string>()
      async add(name: string): Promise<Set<string>> {
        const before = [...this.#names]
        await checkpoint()
        this.#names.add(name)
        return new Set([...before, name])
      }
    }
    const run = testRun(async () => {
      const registry = linearizable(new Registry(), () => {
        const names = new Set<string>()
        return { add: (name: string) => new Set(names.add(name)) }
      })
      await gather({ ann: () => registry.add('a'), bob: () => registry.add('b') })
    })
    await expect(run).rejects.toThrow('ann: add("a") = Set(1) {"a"}')
    await expect(run).rejects.toThrow('this must come next, and does not fit:\n  bob: add("b")')
  })
})

describe('the report', () => {
  const race = async (): Promise<void> => {
    let stored = 0
    const add = async (): Promise<void> => {
      const before = stored
      await failpoint('db')
      stored = before + 1
    }
    await gather({
      one: add,
      two: async () => {
        for (let i = 0; i < 3; i++) await sleep(1)
        await add()
      },
    })
    if (stored !== 2) throw new Error('lost')
  }

  const reportOf = (main: () => Promise<unknown>): Promise<string> =>
    explore(main).then(
      () => '',
      (error: Error) => error.message,
    )

  test('it says where the error was thrown, how late what was, and what went first', async () => {
    const report = await reportOf(async () => {
      let shown = ''
      const search = async (word: string, ms: number): Promise<void> => {
        await sleep(ms)
        shown = word
      }
      await gather({ old: () => search('old', 5), fresh: () => search('fresh', 8) })
      if (shown !== 'fresh') throw new Error(`it shows ${shown}`)
    })
    expect(report).toMatch(
      /it shows old\n  thrown at .*search\.test\.ts:\d+ {2}if \(shown !== 'fresh'\)/,
    )
    expect(report).toContain('in task old, sleep comes back 3 ms late, at 8 ms (#4), after #5.')
    expect(report).toMatch(/5 ms +│ +│ ┊ sleep is late/)
    expect(report).toMatch(/8 ms +#4 │ +│ ▶ sleep → ends/)
  })

  test('it says which wait was timed out', async () => {
    const report = await reportOf(async () => {
      const slow = async (): Promise<void> => {
        const { timedOut } = await moveOnAfter(10, () => sleep(8))
        if (timedOut) throw new Error('too late')
      }
      await gather({ slow, two: () => sleep(100), three: () => sleep(100), busy: () => sleep(12) })
    })
    expect(report).toMatch(/sleep \(:\d+\) \(timed out\) → throws Error/)
  })

  test('with many tasks it is a list, in which tasks of one name are numbered', async () => {
    const report = await reportOf(async () => {
      let full = false
      await taskGroup(async (group) => {
        for (let i = 0; i < 6; i++) {
          group.spawn(
            async () => {
              const wasFull = full
              await sleep(3)
              if (wasFull !== full) throw new Error('two came in')
              full = true
            },
            { name: 'a visitor with a long name' },
          )
        }
      })
    })
    expect(report).not.toContain('│')
    expect(report).toMatch(/#\d+ {2}a visitor with a long name \(2\) {2}✗ sleep → throws Error/)
    expect(Math.max(...report.split('\n').map((line) => line.length))).toBeLessThan(160)
  })

  test('it names the lines of the program', async () => {
    await expect(explore(race)).rejects.toThrow(
      /packages\/core\/test\/testing\/search\.test\.ts\n(?: +:\d+ .*\n)* +:\d+ +db +await failpoint\('db'\)\n/,
    )
    const stuck = explore(() => gather({ first: () => new Queue<number>().get() }))
    await expect(stuck).rejects.toThrow(/first: Queue\.get at .*search\.test\.ts:\d+/)
  })

  test('it can be kept, as a page and as JSON', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'corral-kept-'))
    try {
      await expect(explore(race, { artifacts: folder })).rejects.toThrow(`Kept:          ${folder}`)
      const files = (await readdir(folder)).sort()
      expect(files).toHaveLength(2)
      const kept = JSON.parse(await readFile(join(folder, files[1] as string), 'utf8')) as object
      expect(kept).toMatchObject({
        title: 'Error: lost',
        replay: expect.stringMatching(/@/) as string,
      })
      expect(await readFile(join(folder, files[0] as string), 'utf8')).toContain('<!doctype html>')
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('100 000 leaked tasks are told in a few kilobytes', async () => {
    const failure = await testRun(() => {
      for (let i = 0; i < 100_000; i++) void sleep(1000)
    }).catch((error: unknown) => error)
    expect((failure as Error).message.length).toBeLessThan(20_000)
  })
})
