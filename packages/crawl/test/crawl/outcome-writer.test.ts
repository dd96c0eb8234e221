import { sleep, taskGroup } from 'corral'
import { testRun } from 'corral/testing'
import { describe, expect, test } from 'vitest'
import { OutcomeWriter, type OutcomeStore } from '../../src/crawl/outcome-writer.ts'
import type { Outcome } from '../../src/store/outcome.ts'
import { failureOutcome, link, pageOutcome } from '../store/outcomes.ts'

function outcome(id: number, links = 0): Outcome {
  const entry = { id, url: `http://a.test/${id}`, depth: 0, hops: 0 }
  if (links === 0) return failureOutcome(entry)
  return pageOutcome(entry, Array(links).fill(link('http://a.test/x')))
}

/** A store whose transactions take a while. */
function slowStore(ms: number): OutcomeStore & { readonly sizes: number[] } {
  const sizes: number[] = []
  return {
    sizes,
    async commit(outcomes) {
      await sleep(ms)
      sizes.push(outcomes.length)
    },
  }
}

const patient = { starving: false, committed(): void {} }

describe('OutcomeWriter', () => {
  test('lets an outcome wait for others, but not for long', () =>
    testRun(async () => {
      const store = slowStore(1)
      const writer = new OutcomeWriter(store)
      await taskGroup(async (group) => {
        const writing = group.spawn(() => writer.run(patient))
        for (let each = 0; each < 5; each++) {
          writer.add(outcome(each))
          await sleep(1)
        }
        expect(store.sizes).toEqual([])
        await sleep(20)
        expect(store.sizes).toEqual([5])
        expect(writer.backlog).toBe(0)
        writing.cancel()
      })
    }))

  test('does not wait when somebody waits for it, or when there is enough', () =>
    testRun(async () => {
      const store = slowStore(1)
      const writer = new OutcomeWriter(store)
      await taskGroup(async (group) => {
        const writing = group.spawn(() => writer.run({ ...patient, starving: true }))
        writer.add(outcome(0))
        await sleep(2)
        expect(store.sizes).toEqual([1])
        writing.cancel()
        const again = group.spawn(() => writer.run(patient))
        for (let each = 0; each < 64; each++) writer.add(outcome(each))
        await sleep(2)
        expect(store.sizes).toEqual([1, 64])
        again.cancel()
      })
    }))

  test('takes together what came while a transaction was on its way, within bounds', () =>
    testRun(async () => {
      const store = slowStore(10)
      const committed: number[] = []
      const writer = new OutcomeWriter(store)
      await taskGroup(async (group) => {
        const listener = {
          starving: true,
          committed: (count: number) => void committed.push(count),
        }
        const writing = group.spawn(() => writer.run(listener))
        writer.add(outcome(0))
        await sleep(1)
        for (let each = 0; each < 600; each++) writer.add(outcome(each))
        expect(writer.backlog).toBe(601)
        await sleep(100)
        expect(store.sizes).toEqual([1, 256, 256, 88])
        expect(committed).toEqual(store.sizes)
        writing.cancel()
      })
    }))

  test('counts links as weight: pages full of them make small transactions, and congestion', () =>
    testRun(async () => {
      const store = slowStore(10)
      const writer = new OutcomeWriter(store)
      for (let each = 0; each < 9; each++) writer.add(outcome(each, 10_000))
      expect(writer.congested).toBe(false)
      writer.add(outcome(9, 50_000))
      expect(writer.congested).toBe(true)
      await writer.flush()
      expect(store.sizes).toEqual([2, 2, 2, 2, 1, 1])
      expect(writer.congested).toBe(false)
    }))

  test('leaves what is not stored to flush when it is cancelled', () =>
    testRun(async () => {
      const store = slowStore(10)
      const writer = new OutcomeWriter(store)
      await taskGroup(async (group) => {
        const writing = group.spawn(() => writer.run(patient))
        writer.add(outcome(0))
        await sleep(1)
        writing.cancel()
      })
      expect(writer.backlog).toBe(1)
      await writer.flush()
      expect(store.sizes).toEqual([1])
    }))

  test('asks a store that has failed for nothing more', () =>
    testRun(async () => {
      let calls = 0
      const writer = new OutcomeWriter({
        async commit() {
          calls++
          throw new Error('disk full')
        },
      })
      writer.add(outcome(0))
      await expect(writer.run({ ...patient, starving: true })).rejects.toThrow('disk full')
      writer.add(outcome(1))
      await writer.flush()
      expect(calls).toBe(1)
    }))
})
