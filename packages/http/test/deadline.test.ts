import { describe, expect, test } from 'vitest'
import { Deadline } from '../src/deadline.ts'
import { currentScope } from 'corral/lowlevel'
import { sleep } from 'corral'
import { testRun } from 'corral/testing'

/** A deadline in virtual time, and what it said when. */
function start(total: number): { deadline: Deadline; said: [string, number][] } {
  const { clock } = currentScope().runtime
  const begin = clock.now()
  const said: [string, number][] = []
  const deadline = new Deadline(clock, begin + total, (phaseOver) => {
    said.push([phaseOver ? 'phase' : 'total', clock.now() - begin])
  })
  return { deadline, said }
}

describe('Deadline', () => {
  test('says when a phase is over', () =>
    testRun(async () => {
      const { deadline, said } = start(1000)
      deadline.phase(100)
      await sleep(2000)
      expect(said).toEqual([['phase', 100]])
    }))

  test('says when all is over, however often a phase starts anew', () =>
    testRun(async () => {
      const { deadline, said } = start(1000)
      for (let i = 0; i < 30; i++) {
        deadline.phase(100)
        await sleep(50)
      }
      expect(said).toEqual([['total', 1000]])
    }))

  test('counts a phase from its last start', () =>
    testRun(async () => {
      const { deadline, said } = start(Infinity)
      for (const wait of [90, 90, 90, 500]) {
        deadline.phase(100)
        await sleep(wait)
      }
      expect(said).toEqual([['phase', 370]])
    }))

  test('can be moved to come earlier', () =>
    testRun(async () => {
      const { deadline, said } = start(Infinity)
      deadline.phase(1000)
      await sleep(10)
      deadline.phase(20)
      await sleep(2000)
      expect(said).toEqual([['phase', 30]])
    }))

  test('has phases without end, in which only the total counts', () =>
    testRun(async () => {
      const { deadline, said } = start(500)
      deadline.phase(10)
      deadline.phase(Infinity)
      await sleep(2000)
      expect(said).toEqual([['total', 500]])
    }))

  test('says nothing once it was stopped, and leaves no timer', () =>
    testRun(async () => {
      const { clock } = currentScope().runtime
      const { deadline, said } = start(500)
      deadline.phase(100)
      const before = clock.size
      deadline.stop()
      expect(clock.size).toBe(before - 1)
      deadline.phase(100)
      expect(clock.size).toBe(before - 1)
      await sleep(2000)
      expect(said).toEqual([])
    }))
})
