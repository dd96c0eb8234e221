import { describe, expect, it } from 'vitest'
import {
  CancelScope,
  checkpoint,
  Event,
  isCancelled,
  run,
  sleep,
  spawn,
  timeout,
  TimeoutError,
} from '../../src/index.ts'
import { testRun, waitAllBlocked } from '../../src/testing.ts'
import { waitsBelow } from './wait-views.ts'

describe('Event', () => {
  it('lets everybody go on when it is set, in the order they came', () =>
    testRun(async () => {
      const event = new Event()
      const order: number[] = []
      for (let i = 0; i < 5; i++) {
        spawn(async () => {
          await event.wait()
          order.push(i)
        })
      }
      await waitAllBlocked()
      expect(order).toEqual([])
      expect(event.waiting).toBe(5)
      event.set()
      expect(event.waiting).toBe(0)
      await waitAllBlocked()
      expect(order).toEqual([0, 1, 2, 3, 4])
    }))

  it('lets those pass at once who come when it is set', () =>
    testRun(async () => {
      const event = new Event()
      event.set()
      event.set()
      expect(event.isSet).toBe(true)
      await event.wait()
      await event.wait()
      expect(event.waiting).toBe(0)
    }))

  it('makes them wait again after clear', () =>
    testRun(async () => {
      const event = new Event()
      event.set()
      event.clear()
      expect(event.isSet).toBe(false)
      const task = spawn(() => event.wait())
      await waitAllBlocked()
      expect(task.status).toBe('running')
      event.set()
      await task
    }))

  it('lets everybody go on who waits, though clear follows at once', () =>
    testRun(async () => {
      const event = new Event()
      const tasks = [spawn(() => event.wait()), spawn(() => event.wait())]
      await waitAllBlocked()
      event.set()
      event.clear()
      await Promise.all(tasks)
      expect(event.isSet).toBe(false)
    }))

  it('forgets a waiter that was cancelled, and only that one', () =>
    testRun(async () => {
      const event = new Event()
      const tasks = [1, 2, 3].map(() => spawn(() => event.wait()))
      await waitAllBlocked()
      tasks[1]?.cancel()
      expect(event.waiting).toBe(2)
      event.set()
      await waitAllBlocked()
      expect(tasks.map((task) => task.status)).toEqual(['fulfilled', 'cancelled', 'fulfilled'])
    }))

  it('lets a waiter go on that is cancelled after set; the cancellation comes at its next wait', () =>
    testRun(async () => {
      const event = new Event()
      const seen: string[] = []
      const task = spawn(async () => {
        await event.wait()
        seen.push('went on')
        await checkpoint()
        seen.push('never')
      })
      await waitAllBlocked()
      event.set()
      task.cancel()
      await task.settled()
      expect(seen).toEqual(['went on'])
      expect(task.status).toBe('cancelled')
    }))

  it('is a checkpoint even when it is set', () =>
    testRun(async () => {
      const event = new Event()
      event.set()
      const scope = new CancelScope()
      scope.cancel()
      let error: unknown
      await scope.run(async () => {
        error = await event.wait().catch((caught: unknown) => caught)
      })
      expect(isCancelled(error)).toBe(true)
      expect(event.waiting).toBe(0)
    }))

  it('can be waited for with a time limit', () =>
    testRun(async () => {
      const event = new Event()
      await expect(timeout(100, () => event.wait())).rejects.toThrow(TimeoutError)
      expect(event.waiting).toBe(0)
      const soon = spawn(async () => {
        await sleep(50)
        event.set()
      })
      await timeout(100, () => event.wait())
      await soon
    }))

  it('works outside any task', async () => {
    const event = new Event()
    const waits = [event.wait(), event.wait()]
    expect(event.waiting).toBe(2)
    event.set()
    await Promise.all(waits)
    await event.wait()
  })

  it('gives timers a turn in a loop of waits that are all ready at once', async () => {
    const event = new Event()
    event.set()
    const clock = { rang: false }
    setTimeout(() => (clock.rang = true), 1)
    await run(
      async () => {
        while (!clock.rang) await event.wait()
      },
      { handleSignals: false },
    )
    expect(clock.rang).toBe(true)
  })

  it('lets those go on that are left when 100 000 in the middle of the line are cancelled', async () => {
    const event = new Event()
    const scope = new CancelScope()
    const first = event.wait()
    const middle = scope.run(() => Promise.all(Array.from({ length: 100_000 }, () => event.wait())))
    const last = event.wait()
    expect(event.waiting).toBe(100_002)
    scope.cancel()
    expect(event.waiting).toBe(2)
    event.set()
    await Promise.all([first, last])
    expect([await middle, scope.cancelledCaught, event.waiting]).toEqual([undefined, true, 0])
  })

  it('lets 100 000 go on at once', async () => {
    const event = new Event()
    const waits = Promise.all(Array.from({ length: 100_000 }, () => event.wait()))
    event.set()
    event.clear()
    expect((await waits).length).toBe(100_000)
  })

  it('shows in the task tree as what a task waits for', () =>
    testRun(async () => {
      const event = new Event()
      const task = spawn(() => event.wait(), { name: 'listener' })
      await waitAllBlocked()
      expect(waitsBelow()).toEqual(['listener: Event.wait'])
      event.set()
      await task
    }))
})
