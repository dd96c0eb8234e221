import { describe, expect, test } from 'vitest'
import { explore, ExploreFailure, testRun } from '../../src/testing.ts'
import { ported } from './ported/all-ported.ts'

test('there are at least five', () => {
  expect(ported.length).toBeGreaterThanOrEqual(5)
})

describe.each(ported)('$issue: $what', ({ program, strategies }) => {
  const options = { budget: 1000, ...(strategies && { strategies }) }

  test('its usual run hides the bug', async () => {
    await expect(testRun(program(false))).resolves.toSatisfy(() => true)
  })

  test('it is found within 200 schedules, and its token replays it', async () => {
    const failure: unknown = await explore(program(false), options).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(ExploreFailure)
    const { replay, schedules } = failure as ExploreFailure
    expect(schedules).toBeLessThanOrEqual(200)
    await expect(explore(program(false), { replay })).rejects.toThrow(`replay: '${replay}'`)
  })

  test('the mended program passes its budget', async () => {
    const { schedules } = await explore(program(true), options)
    expect(schedules).toBeGreaterThan(2)
  })
})
