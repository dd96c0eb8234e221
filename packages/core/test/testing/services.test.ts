import { describe, expect, test } from 'vitest'
import { explore, ExploreFailure, testRun } from '../../src/testing.ts'
import { services } from './services/all-services.ts'

test('there are twenty services and six bugs that were missed once', () => {
  expect(Object.keys(services)).toHaveLength(26)
})

describe.each(Object.entries(services))('%s', (_name, { program }) => {
  test('its usual run hides the bug', async () => {
    await expect(testRun(program(false))).resolves.toSatisfy(() => true)
  })

  test('explore finds the bug by itself, and its token shows it again', async () => {
    const failure = await explore(program(false), { budget: 300 }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(ExploreFailure)
    const { replay } = failure as ExploreFailure
    const again = await explore(program(false), { replay }).catch((error: Error) => error)
    expect((again as ExploreFailure).replay).toBe(replay)
    expect(replay.split('+').length).toBeLessThanOrEqual(2)
  })

  test('the mended program passes', async () => {
    const { schedules } = await explore(program(true), { budget: 300 })
    expect(schedules).toBeGreaterThan(40)
  })
})
