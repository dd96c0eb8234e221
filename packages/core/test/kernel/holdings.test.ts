import { describe, expect, it } from 'vitest'
import { currentScope, hold, letGo } from '../../src/lowlevel.ts'
import type { Holding, TaskRecord } from '../../src/lowlevel.ts'
import { sleep, spawn } from '../../src/index.ts'
import { testRun } from '../../src/testing.ts'

class Held implements Holding {
  nextHolding: Holding | undefined = undefined
  prevHolding: Holding | undefined = undefined
  readonly #log: string[]
  readonly #name: string

  constructor(name: string, log: string[]) {
    this.#name = name
    this.#log = log
  }

  abandoned(): void {
    this.#log.push(this.#name)
  }
}

function task(): TaskRecord {
  return currentScope().task as TaskRecord
}

describe('hold', () => {
  it('tells what a task holds that the task has ended, and only that', () =>
    testRun(async () => {
      const log: string[] = []
      const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => new Held(name, log)) as [
        Held,
        Held,
        Held,
        Held,
      ]
      await spawn(() => {
        for (const held of [a, b, c, d]) hold(task(), held)
        letGo(task(), b) // from the middle
        letGo(task(), d) // the last taken
      })
      expect(log.sort()).toEqual(['a', 'c'])
      expect([a, b, c, d].flatMap((held) => [held.nextHolding, held.prevHolding])).toEqual(
        Array.from({ length: 8 }, () => undefined),
      )
    }))

  it('says that the body has ended before children are waited for', () =>
    testRun(async () => {
      const log: string[] = []
      const held = Object.assign(new Held('held', log), {
        bodyEnded: () => {
          log.push('body')
          letGo(task(), held)
        },
      })
      await spawn(() => {
        hold(task(), held)
        spawn(async () => {
          await sleep(5)
          log.push('child')
        })
      })
      expect(log).toEqual(['body', 'child'])
    }))

  it('lets go of the first taken, of the only one, and takes again', () =>
    testRun(async () => {
      const log: string[] = []
      const a = new Held('a', log)
      const b = new Held('b', log)
      await spawn(() => {
        hold(task(), a)
        hold(task(), b)
        letGo(task(), a)
        letGo(task(), b)
        hold(task(), a)
        letGo(task(), a)
      })
      expect(log).toEqual([])
    }))

  it('tells it of a task that was cancelled too', () =>
    testRun(async () => {
      const log: string[] = []
      const cancelled = spawn(() => hold(task(), new Held('cancelled', log)))
      cancelled.cancel()
      await cancelled.settled()
      expect(log).toEqual(['cancelled'])
    }))
})
