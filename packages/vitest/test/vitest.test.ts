import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gather, now, sleep } from 'corral'
import { afterAll, describe, expect, test as plain, vi } from 'vitest'
import { test } from '../src/index.ts'
import { runCommand } from './run-command.ts'

const vitest = fileURLToPath(new URL('../../../node_modules/vitest/vitest.mjs', import.meta.url))
const timelines = mkdtempSync(join(tmpdir(), 'corral-timelines-'))
afterAll(() => rmSync(timelines, { recursive: true, force: true }))

function run(env: Record<string, string> = {}, ...args: string[]) {
  const all = [vitest, 'run', '--config', 'vitest.config.ts', ...args]
  return runCommand(process.execPath, all, { CORRAL_TIMELINES: timelines, ...env })
}

const trail: string[] = []

describe('test', () => {
  test('a minute passes at once', async ({ expect }) => {
    await sleep(60_000)
    expect(now()).toBe(60_000)
  })

  test('options are those of testRun', ({ expect }) => expect(now()).toBe(5000), {
    startTime: 5000,
  })

  test('the body has the context of vitest', ({ task, expect }) => {
    expect(task.name).toBe('the body has the context of vitest')
  })

  test('it works beside the fake timers of vitest', async ({ expect }) => {
    vi.useFakeTimers()
    try {
      let fired = false
      setTimeout(() => (fired = true), 1000)
      await sleep(5000)
      expect(fired).toBe(false) // their time is not ours
      vi.advanceTimersByTime(1000)
      expect(fired).toBe(true)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('the forms of a test', () => {
  test.each([
    [1, 'a'],
    [2, 'b'],
  ] as const)('each %i %s', async (number, letter) => {
    await sleep(60_000)
    if (letter !== 'ab'[number - 1]) throw new Error(`${number} goes with ${letter}`)
  })

  test.explore.for([{ n: 1 }, { n: 2 }])('for $n', async ({ n }, context) => {
    await gather([() => sleep(n), () => sleep(n)])
    context.expect(now()).toBeGreaterThanOrEqual(n)
  })

  const withFixtures = test.extend({
    account: async (
      { task }: { readonly task: { readonly name: string } },
      use: (value: { readonly owner: string }) => Promise<void>,
    ) => {
      await use({ owner: task.name })
    },
  })

  withFixtures('a fixture is set up by vitest', async ({ account, expect }) => {
    await sleep(1000)
    expect(account.owner).toBe('a fixture is set up by vitest')
  })

  test.concurrent('one beside others', () => sleep(60_000), { timeout: 1000 })
  test.concurrent('another one beside others', () => sleep(50_000), { timeout: 1000 })
  test.fails('one that fails', () => Promise.reject(new Error('as expected')))
  test.explore.fails(
    'one whose time is up says what it has, before the time of vitest is up',
    async () => {
      await gather([() => sleep(1), () => sleep(2)])
    },
    { budget: 10_000_000, strategies: ['random'], timeout: 300 },
  )
})

describe('test.explore', () => {
  let runs = 0

  test.explore('the body runs under many schedules', async () => {
    runs += 1
    const walk = (name: string) => async () => {
      await sleep(1)
      trail.push(name)
    }
    await gather([walk('a'), walk('b')])
  })

  plain('it did', () => {
    expect(runs).toBeGreaterThan(5)
    expect(trail.join('')).toMatch(/ab.*ba/)
  })
})

describe('a failure', () => {
  plain(
    'says how to run it again, draws it, and that line runs it again',
    async () => {
      const { output, code } = await run()
      expect(code).toBe(1)
      expect(output).toContain('┊ db.set is late')
      expect(output).toContain('every task waits, and nothing is left to wake one')
      expect(output).not.toContain('it ran')
      const line = /Or: {2}CORRAL_REPLAY=(\S+) npx vitest run (\S+) -t (.+)/.exec(output)
      expect(line?.[2]).toContain('failing.fixture.ts')
      expect(readdirSync(timelines)).toContain('an-account-doesn-t-lose-any-deposit.html')

      const pattern = line?.[3]?.replaceAll("'\\''", "'").replaceAll(/^'|'$/g, '') ?? ''
      const again = await run({ CORRAL_REPLAY: line?.[1] ?? '' }, '-t', pattern)
      expect(again.output).toContain('Found by the schedule given, after 1 schedule')
      expect(again.output).toContain('1 failed | 2 skipped')
    },
    60_000,
  )

  plain(
    'has its tasks, where they wait, and a trace attached',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'corral-attachments-'))
      const { output, code } = await run({
        CORRAL_TIMELINES: folder,
        CORRAL_TEST_FIXTURE: '**/hanging.ts',
      })
      const files = readdirSync(join(folder, 'attachments')).map((name) =>
        join(folder, 'attachments', name),
      )
      const texts = files.filter((name) => name.endsWith('.txt'))
      const all = texts.map((name) => readFileSync(name, 'utf8')).join('\n')
      const traces = files.filter((name) => name.endsWith('.pftrace'))
      const trace = readFileSync(traces[0] ?? '', 'latin1')
      rmSync(folder, { recursive: true })
      expect(code).toBe(1)
      expect(output).toContain('tasks, and what they wait for')
      expect(all).toMatch(/guest +waits for Event.wait door, 0 ms/)
      expect(all).toMatch(/guest waits for Event.wait door\n +at .*enter .*hanging.ts:7/)
      expect(all).not.toContain('kernel/')
      expect(trace).toContain('guest #2')
      expect(trace).toContain('Event.wait door')
    },
    60_000,
  )

  plain(
    'names the seed when it is not the usual one',
    async () => {
      const { output } = await run({ CORRAL_SEED: '7' })
      expect(output).toContain('Or:  CORRAL_SEED=7 CORRAL_REPLAY=')
      const wrong = await run({ CORRAL_SEED: 'seven' })
      expect(wrong.output).toContain('CORRAL_SEED must be a whole number, or random, got seven')
    },
    60_000,
  )

  plain('leaves nothing in the working directory but what nobody keeps', () => {
    expect(existsSync(join(process.cwd(), '.corral'))).toBe(false)
  })
})
