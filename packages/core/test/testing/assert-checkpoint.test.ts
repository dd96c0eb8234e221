import { describe, expect, test } from 'vitest'
import { checkpoint, Semaphore, shield, sleep } from '../../src/index.ts'
import { assertCheckpoint, InvariantError, testRun } from '../../src/testing.ts'

describe('assertCheckpoint', () => {
  test('a call that waits and can be cancelled passes, and its result comes back', async () => {
    await testRun(async () => {
      await assertCheckpoint(checkpoint)
      await assertCheckpoint(() => sleep(10))
      const semaphore = new Semaphore(1)
      using _permit = await assertCheckpoint(() => semaphore.acquire())
      expect(semaphore.free).toBe(0)
    })
  })

  test('a call that does not notice a cancellation fails', async () => {
    const deaf = (): Promise<void> => shield(checkpoint)
    await expect(testRun(() => assertCheckpoint(deaf))).rejects.toThrow(
      'assertCheckpoint: deaf did not notice that it was cancelled',
    )
  })

  test('a call that never waits fails', async () => {
    let calls = 0
    const hasty = async (): Promise<void> => {
      if (calls++ === 0) await checkpoint()
    }
    const run = testRun(() => assertCheckpoint(hasty))
    await expect(run).rejects.toThrow('assertCheckpoint: hasty came back without a checkpoint')
    await expect(run).rejects.toThrow(InvariantError)
  })
})
