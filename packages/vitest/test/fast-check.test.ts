import { checkpoint, Lock, mapConcurrent } from 'corral'
import { linearizable } from 'corral/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exploredCommands, exploredProperty } from '../src/fast-check.ts'

class Account {
  balance = 0
  readonly #lock: Lock | undefined

  constructor(lock?: Lock) {
    this.#lock = lock
  }

  async deposit(amount: number): Promise<void> {
    using _held = await this.#lock?.acquire()
    const before = this.balance
    await checkpoint()
    this.balance = before + amount
  }
}

function deposits(make: () => Account) {
  return exploredProperty(fc.array(fc.nat({ max: 100 }), { maxLength: 4 }), async (amounts) => {
    const account = make()
    await mapConcurrent(amounts, (amount) => account.deposit(amount), { concurrency: 2 })
    expect(account.balance).toBe(amounts.reduce((a, b) => a + b, 0))
  })
}

test('data from fast-check, schedules from explore: both come out small', async () => {
  const error = await fc
    .assert(
      deposits(() => new Account()),
      { seed: 1 },
    )
    .catch((error: unknown) => error)
  const { message } = error as Error
  expect(message).toMatch(/Counterexample: \[\[\d+,1\]\]/) // two deposits are enough
  expect(`${message}${String((error as Error).cause)}`).toContain("replay: '")
})

test('a program that is right passes', async () => {
  await expect(
    fc.assert(
      deposits(() => new Account(new Lock())),
      { numRuns: 30 },
    ),
  ).resolves.toBe(undefined)
})

test('operations are generated, and a history that fits no order is found', async () => {
  class Counter {
    #n = 0
    async add(by: number): Promise<number> {
      const before = this.#n
      await checkpoint()
      return (this.#n = before + by)
    }
  }
  const make = (): Counter =>
    linearizable(new Counter(), () => {
      let n = 0
      return { add: (by: number) => (n += by) }
    })
  const add = fc.integer({ min: 1, max: 3 }).map((by) => ({
    run: (counter: Counter) => counter.add(by),
    toString: () => `add ${by}`,
  }))
  const failure = await fc
    .assert(exploredCommands(make, add), { seed: 1 })
    .catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(Error)
  const { cause, message } = failure as Error
  expect(message).toContain('add 1')
  expect((cause as Error).message).toContain('the longest order that can be explained')
})
