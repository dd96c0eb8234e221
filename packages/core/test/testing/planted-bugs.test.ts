import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { explore, ExploreFailure, testRun } from '../../src/testing.ts'
import { planted } from './planted/all-planted.ts'

const found = new Map<string, ExploreFailure>()

/** What explore throws for the program with the bug; looked for once. */
async function find(name: string): Promise<ExploreFailure> {
  const known = found.get(name)
  if (known !== undefined) return known
  const { program, strategies } = planted[name] as (typeof planted)[string]
  const options = strategies === undefined ? {} : { strategies }
  const error = await explore(program(false), { budget: 200, ...options }).catch(
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(ExploreFailure)
  found.set(name, error as ExploreFailure)
  return error as ExploreFailure
}

test('there are more than twenty', () => {
  expect(Object.keys(planted).length).toBeGreaterThan(20)
})

describe.each(Object.entries(planted))('%s', (name, { program, needs, strategies }) => {
  test('its usual run hides the bug', async () => {
    await expect(testRun(program(false))).resolves.toSatisfy(() => true)
  })

  test('it is found within 200 schedules, by as few delays as it needs', async () => {
    const { replay, schedules } = await find(name)
    expect(schedules).toBeLessThanOrEqual(200)
    expect(replay.split('+')).toHaveLength(needs)
  })

  test('the counterexample is minimal: without any part of it the bug stays hidden', async () => {
    const parts = (await find(name)).replay.split('+')
    for (const part of parts) {
      const others = parts.filter((other) => other !== part)
      await expectPass(others.length === 0 ? 'fifo' : others.join('+'))
      const [, kind, amount, seq] = /^([dtx])(\d+)@(\d+)$/.exec(part) ?? []
      if (kind !== 'd' || amount === '1') continue
      const shorter = [`d${Number(amount) - 1}@${seq}`, ...others].join('+')
      await expectPass(shorter)
    }

    async function expectPass(replay: string): Promise<void> {
      await expect(explore(program(false), { replay })).resolves.toMatchObject({ schedules: 1 })
    }
  })

  test('its token replays 1000 times of 1000', async () => {
    const { replay, cause } = await find(name)
    const { message } = cause as Error
    for (let i = 0; i < 1000; i++) {
      const again = await explore(program(false), { replay }).catch((error: unknown) => error)
      if (((again as Error)?.cause as Error | undefined)?.message !== message) {
        expect.fail(`replay ${i + 1} of ${replay} went another way`)
      }
    }
  })

  test('the mended program passes its budget', async () => {
    const options = strategies === undefined ? {} : { strategies }
    const { schedules } = await explore(program(true), { budget: 1000, ...options })
    expect(schedules).toBeGreaterThan(2)
  })
})

test('every token replays in another process', async () => {
  const tokens: Record<string, string> = {}
  const errors: Record<string, string> = {}
  for (const name of Object.keys(planted)) {
    const { replay, cause } = await find(name)
    tokens[name] = replay
    errors[name] = (cause as Error).message
  }
  const script = fileURLToPath(new URL('planted/replay-elsewhere.ts', import.meta.url))
  const output = execFileSync(process.execPath, [script, JSON.stringify(tokens)], {
    encoding: 'utf8',
  })
  expect(JSON.parse(output)).toEqual(errors)
})
