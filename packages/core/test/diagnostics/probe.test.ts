import { describe, expect, it } from 'vitest'
import {
  checkpoint,
  currentTask,
  Future,
  sleep,
  spawn,
  taskGroup,
  timeout,
} from '../../src/index.ts'
import type { Task } from '../../src/index.ts'
import { probe } from '../../src/lowlevel.ts'
import { testRun } from '../../src/testing.ts'

async function innermost(future: Future<number>): Promise<number> {
  return (await future.wait()) + 1
}

async function middle(future: Future<number>): Promise<number> {
  return timeout(1000, async () => (await innermost(future)) + 1)
}

describe('probe', () => {
  it('shows the chain of awaits of a suspended task, again and again, and resumes no user code', () =>
    testRun(async () => {
      const future = new Future<number>()
      let resumed = false
      const task = spawn(async () => {
        const value = await middle(future)
        resumed = true
        return value
      })
      await sleep(1)
      for (let i = 0; i < 3; i++) {
        const stack = (await probe(task)) ?? ''
        expect(stack).toMatch(/innermost/)
        expect(stack).toMatch(/middle|probe\.test/)
        expect(stack.indexOf('innermost')).toBeLessThan(stack.lastIndexOf('probe.test'))
      }
      expect(resumed).toBe(false)
      future.resolve(5)
      expect(await task).toBe(7)
    }))

  it('loses nothing that is granted while it looks', () =>
    testRun(async () => {
      const future = new Future<number>()
      const task = spawn(() => future.wait())
      await sleep(1)
      const looking = probe(task)
      future.resolve(5)
      expect(await task).toBe(5)
      await looking
    }))

  it('loses no cancellation that comes while it looks', () =>
    testRun(async () => {
      const task = spawn(() => sleep(1000))
      await sleep(1)
      const looking = probe(task)
      task.cancel()
      await task.settled()
      await looking
      expect(task.status).toBe('cancelled')
    }))

  it('finds the wait of a group for its tasks', () =>
    testRun(async () => {
      async function holdsGroup(): Promise<void> {
        await taskGroup(async (group) => {
          group.spawn(() => sleep(10))
        })
      }
      const task = spawn(holdsGroup)
      await sleep(1)
      expect(await probe(task)).toMatch(/holdsGroup/)
      await task
    }))

  it('has nothing to show for a task that runs or waits for something foreign', async () => {
    await spawn(async () => {
      await checkpoint()
      expect(await probe(currentTask() as Task<unknown>)).toBeUndefined()
    })
  })
})
