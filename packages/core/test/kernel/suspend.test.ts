import { describe, expect, it } from 'vitest'
import { isCancelled, shield, sleep, spawn } from '../../src/index.ts'
import { suspend, WaitQueue, Waiter, wake } from '../../src/lowlevel.ts'
import { testRun } from '../../src/testing.ts'

describe('suspend', () => {
  it('of a wait that must not be given up is passed by a cancellation; the wait after it throws', () =>
    testRun(async () => {
      const line = new WaitQueue<string>()
      const waiter = new Waiter<string>('Test.wait', undefined, line, undefined, true)
      const seen: unknown[] = []
      const task = spawn(async () => {
        seen.push(await suspend(waiter))
        await sleep(1).catch((error: unknown) => seen.push(isCancelled(error)))
      })
      await sleep(1)
      task.cancel()
      await sleep(1)
      expect([seen, waiter.state, line.size]).toEqual([[], 'waiting', 1])
      expect(wake(waiter, 'by hand')).toBe(true)
      await task
      expect([seen, line.size]).toEqual([['by hand', true], 0])
    }))

  it('in a cancelled scope joins no line', () =>
    testRun(async () => {
      const line = new WaitQueue<void>()
      const task = spawn(async () => {
        task.cancel()
        const waiter = new Waiter('Test.wait', undefined, line)
        const error = await suspend(waiter).catch((thrown: unknown) => thrown)
        expect([isCancelled(error), waiter.state, line.size]).toEqual([true, 'new', 0])
      })
      await task.settled()
      expect(task.status).toBe('fulfilled')
    }))

  it('is decided once: granted it is delivered, whatever comes after; given up it cannot be granted', () =>
    testRun(async () => {
      const line = new WaitQueue<number>()
      const [granted, cancelled] = [
        new Waiter<number>('Test.wait', undefined, line),
        new Waiter<number>('Test.wait', undefined, line),
      ]
      const first = spawn(() => suspend(granted))
      const second = spawn(() => suspend(cancelled))
      await sleep(1)
      expect(wake(granted, 1)).toBe(true)
      expect(wake(granted, 2)).toBe(false)
      first.cancel()
      second.cancel()
      expect(wake(cancelled, 3)).toBe(false)
      expect(await first).toBe(1)
      await second.settled()
      expect([second.status, line.size]).toEqual(['cancelled', 0])
    }))

  it('behind a shield is not reached by the cancellation outside', () =>
    testRun(async () => {
      const line = new WaitQueue<number>()
      const waiter = new Waiter<number>('Test.wait', undefined, line)
      const task = spawn(() => shield(() => suspend(waiter)))
      await sleep(1)
      task.cancel()
      wake(waiter, 7)
      expect(await task).toBe(7)
    }))
})
