import { checkpoint, Lock, mapConcurrent } from 'corral'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exploredProperty } from '../src/fast-check.ts'

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
