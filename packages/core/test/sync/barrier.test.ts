import { describe, expect, it } from 'vitest'
import {
  Barrier,
  BrokenError,
  CancelScope,
  checkpoint,
  MisuseError,
  spawn,
  timeout,
  TimeoutError,
} from '../../src/index.ts'
import type { Task } from '../../src/index.ts'
import { testRun, waitAllBlocked } from '../../src/testing.ts'

/** Waits in a task whose failure is its own affair. */
function attempt(barrier: Barrier): Task<unknown> {
  return spawn(() => barrier.wait().catch((error: unknown) => error))
}

const aborted = new BrokenError('Barrier.wait: the barrier was aborted; reset it to use it again')
const wasReset = new BrokenError('Barrier.wait: the barrier was reset; wait again to go along')

describe('Barrier', () => {
  it.each([0, -1, 1.5, NaN, Infinity, '3'])('refuses %s parties', (parties) => {
    expect(() => new Barrier(parties as number)).toThrow(
      /^Barrier: parties must be a whole number of at least 1, got /,
    )
    expect(() => new Barrier(parties as number)).toThrow(MisuseError)
  })

  it('of 3 holds back two and lets all go with the third, each with a place of its own', () =>
    testRun(async () => {
      const barrier = new Barrier(3)
      expect([barrier.parties, barrier.waiting]).toEqual([3, 0])
      const places: Task<number>[] = []
      for (const waiting of [1, 2, 0]) {
        places.push(spawn(() => barrier.wait()))
        await waitAllBlocked()
        expect(barrier.waiting).toBe(waiting)
      }
      expect([await places[0], await places[1], await places[2]]).toEqual([0, 1, 2])
    }))

  it('of 1 never holds back', () =>
    testRun(async () => {
      const barrier = new Barrier(1)
      expect([await barrier.wait(), await barrier.wait()]).toEqual([0, 0])
    }))

  it('starts anew each time, and lets nobody into a round that is full', () =>
    testRun(async () => {
      const barrier = new Barrier(3)
      const rounds: number[] = [0, 0, 0, 0]
      const tasks = Array.from({ length: 3 }, () =>
        spawn(async () => {
          for (let round = 0; round < rounds.length; round++) {
            await barrier.wait()
            rounds[round] = (rounds[round] ?? 0) + 1
            // Nobody is a round ahead: all have come before anybody went on.
            expect(rounds.slice(round + 1).every((count) => count === 0)).toBe(true)
            await checkpoint()
          }
        }),
      )
      for (const task of tasks) await task
      expect([rounds, barrier.waiting]).toEqual([[3, 3, 3, 3], 0])
    }))

  it('holds back a fourth of three until two more have come', () =>
    testRun(async () => {
      const barrier = new Barrier(3)
      const tasks = [1, 2, 3, 4].map(() => spawn(() => barrier.wait()))
      await waitAllBlocked()
      expect([barrier.waiting, tasks[3]?.status]).toEqual([1, 'running'])
      await Promise.all([barrier.wait(), barrier.wait()])
      expect(await tasks[3]).toBe(0)
    }))

  it('works outside any task', async () => {
    const barrier = new Barrier(2)
    expect(await Promise.all([barrier.wait(), barrier.wait()])).toEqual([0, 1])
  })
})

describe('Barrier.wait', () => {
  it('counts one less when a waiter is cancelled, and is not broken', () =>
    testRun(async () => {
      const barrier = new Barrier(3)
      const tasks = [1, 2].map(() => spawn(() => barrier.wait()))
      await waitAllBlocked()
      tasks[0]?.cancel()
      expect([barrier.waiting, barrier.broken]).toEqual([1, false])
      const third = spawn(() => barrier.wait())
      await waitAllBlocked()
      expect(third.status).toBe('running')
      expect(await barrier.wait()).toBe(2)
      expect([await tasks[1], await third, tasks[0]?.status]).toEqual([0, 1, 'cancelled'])
    }))

  it('lets a waiter go on that is cancelled after the last has come', () =>
    testRun(async () => {
      const barrier = new Barrier(2)
      const seen: string[] = []
      const waiter = spawn(async () => {
        await barrier.wait()
        seen.push('went on')
        await checkpoint()
        seen.push('never')
      })
      await waitAllBlocked()
      const last = barrier.wait()
      waiter.cancel()
      await last
      await waiter.settled()
      expect([seen, waiter.status]).toEqual([['went on'], 'cancelled'])
    }))

  it('is a checkpoint though the last has come with it', () =>
    testRun(async () => {
      const barrier = new Barrier(2)
      const first = spawn(() => barrier.wait())
      await waitAllBlocked()
      const scope = new CancelScope()
      scope.cancel()
      await scope.run(() => barrier.wait())
      expect([scope.cancelledCaught, barrier.waiting, first.status]).toEqual([true, 1, 'running'])
      await barrier.wait()
    }))

  it('gives up its place when its time is over', () =>
    testRun(async () => {
      const barrier = new Barrier(2)
      await expect(timeout(10, () => barrier.wait())).rejects.toThrow(TimeoutError)
      expect([barrier.waiting, barrier.broken]).toEqual([0, false])
    }))

  it('lets 100 000 go on together', () =>
    testRun(async () => {
      const barrier = new Barrier(100_000)
      const places = await Promise.all(Array.from({ length: 100_000 }, () => barrier.wait()))
      expect(places).toEqual(Array.from({ length: 100_000 }, (_, i) => i))
      expect(barrier.waiting).toBe(0)
    }))
})

describe('Barrier.reset', () => {
  it('turns away those held back, and those who come later wait for each other', () =>
    testRun(async () => {
      const barrier = new Barrier(3)
      const tasks = [attempt(barrier), attempt(barrier)]
      await waitAllBlocked()
      barrier.reset()
      expect([barrier.waiting, barrier.broken]).toEqual([0, false])
      for (const task of tasks) expect(await task).toEqual(wasReset)
      expect(await Promise.all([1, 2, 3].map(() => barrier.wait()))).toEqual([0, 1, 2])
    }))

  it('takes nothing from those who were let go just before', () =>
    testRun(async () => {
      const barrier = new Barrier(2)
      const both = Promise.all([barrier.wait(), barrier.wait()])
      barrier.reset()
      expect(await both).toEqual([0, 1])
    }))
})

describe('Barrier.abort', () => {
  it('turns away those held back and those who come later, until it is reset', () =>
    testRun(async () => {
      const barrier = new Barrier(3)
      const tasks = [attempt(barrier), attempt(barrier)]
      await waitAllBlocked()
      barrier.abort()
      barrier.abort()
      expect([barrier.waiting, barrier.broken]).toEqual([0, true])
      for (const task of tasks) expect(await task).toEqual(aborted)
      await expect(barrier.wait()).rejects.toThrow(aborted)
      barrier.reset()
      expect(barrier.broken).toBe(false)
      expect(await Promise.all([1, 2, 3].map(() => barrier.wait()))).toEqual([0, 1, 2])
    }))

  it('does not hide a cancellation', () =>
    testRun(async () => {
      const barrier = new Barrier(1)
      barrier.abort()
      const scope = new CancelScope()
      scope.cancel()
      await scope.run(() => barrier.wait())
      expect(scope.cancelledCaught).toBe(true)
    }))
})
