import { describe, expect, it } from 'vitest'
import { currentScope, track, untrack } from '../../src/lowlevel.ts'
import type { ScopeResource, TaskRecord } from '../../src/lowlevel.ts'
import { sleep, spawn } from '../../src/index.ts'
import { testRun } from '../../src/testing.ts'

class Tracked implements ScopeResource {
  nextResource: ScopeResource | undefined = undefined
  prevResource: ScopeResource | undefined = undefined
  readonly #log: string[]
  readonly #name: string

  constructor(name: string, log: string[]) {
    this.#name = name
    this.#log = log
  }

  onOwnerExit(): void {
    this.#log.push(this.#name)
  }
}

function task(): TaskRecord {
  return currentScope().task as TaskRecord
}

describe('track', () => {
  it('tells what a task tracks that the task has ended, and only that', () =>
    testRun(async () => {
      const log: string[] = []
      const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => new Tracked(name, log)) as [
        Tracked,
        Tracked,
        Tracked,
        Tracked,
      ]
      await spawn(() => {
        for (const tracked of [a, b, c, d]) track(task(), tracked)
        untrack(task(), b) // from the middle
        untrack(task(), d) // the last taken
      })
      expect(log.sort()).toEqual(['a', 'c'])
      expect(
        [a, b, c, d].flatMap((tracked) => [tracked.nextResource, tracked.prevResource]),
      ).toEqual(Array.from({ length: 8 }, () => undefined))
    }))

  it('tells each once, whatever one that is told gives back', () =>
    testRun(async () => {
      const log: string[] = []
      const [a, b, c] = ['a', 'b', 'c'].map((name) => new Tracked(name, log)) as [
        Tracked,
        Tracked,
        Tracked,
      ]
      await spawn(() => {
        const self = task()
        for (const tracked of [a, b, c]) track(self, tracked)
        c.onOwnerExit = () => {
          log.push('c')
          untrack(self, b)
        }
      })
      expect(log).toEqual(['c', 'a'])
    }))

  it('says that the body has ended before children are waited for', () =>
    testRun(async () => {
      const log: string[] = []
      const tracked = Object.assign(new Tracked('tracked', log), {
        onBodyEnd: () => {
          log.push('body')
          untrack(task(), tracked)
        },
      })
      await spawn(() => {
        track(task(), tracked)
        spawn(async () => {
          await sleep(5)
          log.push('child')
        })
      })
      expect(log).toEqual(['body', 'child'])
    }))

  it('untracks the first tracked, of the only one, and tracks again', () =>
    testRun(async () => {
      const log: string[] = []
      const a = new Tracked('a', log)
      const b = new Tracked('b', log)
      await spawn(() => {
        track(task(), a)
        track(task(), b)
        untrack(task(), a)
        untrack(task(), b)
        track(task(), a)
        untrack(task(), a)
      })
      expect(log).toEqual([])
    }))

  it('tells it of a task that was cancelled too', () =>
    testRun(async () => {
      const log: string[] = []
      const cancelled = spawn(() => track(task(), new Tracked('cancelled', log)))
      cancelled.cancel()
      await cancelled.settled()
      expect(log).toEqual(['cancelled'])
    }))
})
