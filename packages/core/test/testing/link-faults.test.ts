import { describe, expect, test } from 'vitest'
import { BrokenError, gather, moveOnAfter, sleep } from '../../src/index.ts'
import { explore, ExploreFailure, Link, testRun } from '../../src/testing.ts'
import type { LinkOptions } from '../../src/testing.ts'

interface Payment {
  readonly id: number
  readonly amount: number
}

/** A client that pays until it has an answer; a bank that books what it is sent. */
function payment(options: LinkOptions, remembers: boolean): () => Promise<void> {
  return async () => {
    const link = new Link<Payment>({ latency: 5, ...options })
    let balance = 0
    const client = async (): Promise<void> => {
      for (let answered = false; !answered;) {
        await link.a.write({ id: 7, amount: 10 })
        answered = !(await moveOnAfter(100, () => link.a.read())).timedOut
      }
      await sleep(500) // what is still under way arrives
      await link.a.close()
    }
    const bank = async (): Promise<void> => {
      const booked = new Set<number>()
      for await (const { id, amount } of link.b) {
        if (!remembers || !booked.has(id)) balance += amount
        booked.add(id)
        await link.b.write({ id, amount })
      }
    }
    await gather({ client, bank })
    if (balance !== 10) throw new Error(`the balance is ${balance}`)
  }
}

/** Nobody is late: only what goes wrong on the way is tried. */
const punctual = { lateness: 0 }

async function failure(main: () => unknown): Promise<ExploreFailure> {
  const error: unknown = await explore(main, punctual).catch((thrown: unknown) => thrown)
  if (!(error instanceof ExploreFailure)) throw new Error('explore found nothing')
  return error
}

describe('what may go wrong on a Link', () => {
  test.each([
    ['lost', { drop: 0.1 }, /what bank sends by LinkEnd.write is lost \(#\d+\)/],
    ['doubled', { duplicate: 0.1 }, /what (bank|client) sends by LinkEnd.write arrives twice/],
    [
      'cut off',
      { partition: 300 },
      /from LinkEnd.write of (client|bank) on nothing from its end arrives/,
    ],
  ] as const)('is tried at each write: an answer that is %s', async (_, options, told) => {
    const error = await failure(payment(options, false))
    expect(error.message).toMatch(told)
    expect(error.schedules).toBeLessThan(100)
    await expect(explore(payment(options, false), { replay: error.replay })).rejects.toThrow(
      /the balance is [234]0/,
    )
    await explore(payment(options, true), { budget: 200, ...punctual })
  })

  test('what is overtaken: two messages that are taken to be in order', async () => {
    const main = async (): Promise<void> => {
      const link = new Link<number>({ latency: 5, reorder: 0.1 })
      for (const message of [1, 2]) await link.a.write(message)
      const read = [await link.b.read(), await link.b.read()]
      if (read.join() !== '1,2') throw new Error(`read ${read.join()}`)
    }
    expect((await failure(main)).message).toContain('is held up and overtaken')
  })

  test('a process that dies and forgets: the bank books twice, or answers nobody', async () => {
    const main = async (): Promise<void> => {
      const link = new Link<Payment>({ latency: 5, crash: 100 })
      let balance = 0
      const client = async (): Promise<void> => {
        try {
          for (let answered = false; !answered;) {
            await link.a.write({ id: 7, amount: 10 })
            answered = !(await moveOnAfter(100, () => link.a.read())).timedOut
          }
          await sleep(500)
        } catch (error) {
          if (!(error instanceof BrokenError)) throw error // it is the client that has died
        } finally {
          await link.a.close()
        }
      }
      const bank = async (): Promise<void> => {
        for (let alive = false; !alive;) {
          try {
            const booked = new Set<number>() // in memory only
            for await (const { id, amount } of link.b) {
              if (!booked.has(id)) balance += amount
              booked.add(id)
              await sleep(150) // slower than the client's patience
              await link.b.write({ id, amount })
            }
            alive = true
          } catch (error) {
            if (!(error instanceof BrokenError)) throw error
            await sleep(60) // started again
          }
        }
      }
      await gather({ client, bank })
      if (balance > 10) throw new Error(`the balance is ${balance}`)
    }
    const error = await failure(main)
    expect(error.message).toMatch(/the process that client sends to by LinkEnd.write dies/)
    expect(error.replay).toContain('k@')
  })

  test('is left to chance outside of explore, and to nobody where there is no chance', async () => {
    await testRun(payment({ drop: 0.5 }, true), { seed: 3 })
    await testRun(payment({ partition: 300, crash: 50 }, false))
    const { schedules } = await explore(payment({}, false), { budget: 100, ...punctual })
    expect(schedules).toBeGreaterThan(10)
  })
})
