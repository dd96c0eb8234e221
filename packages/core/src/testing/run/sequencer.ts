import { BrokenError } from '../../errors.ts'
import { isUncancelled } from '../../kernel/current.ts'
import { refused, requireCount } from '../../kernel/guard.ts'
import { Waiter } from '../../kernel/records.ts'
import { ready, suspend, wake, wakeWithError } from '../../kernel/suspend.ts'
import { WaitQueue } from '../../kernel/wait-queue.ts'

/**
 * Makes tasks take turns in a given order: each waits for its number and is followed by the next one
 * when it disposes what it got. Numbers count from 0, and each is used once.
 *
 * @example
 * const sequencer = new Sequencer()
 * using turn = await sequencer.turn(1) // waits until turn 0 has been disposed
 * @see trio.testing.Sequencer
 */
export class Sequencer {
  readonly #line: WaitQueue<Disposable> = new WaitQueue((waiter) => this.#break(waiter))
  readonly #taken = new Set<number>()
  #next = 0
  #broken = false

  /**
   * Waits for the turn with this number.
   *
   * Cancellation: breaks the sequence, since nobody would have this turn.
   *
   * @param number a whole number of at least 0
   * @throws BrokenError when somebody gave up waiting for a turn
   */
  turn(number: number): Promise<Disposable> {
    if (!Number.isSafeInteger(number) || number < 0 || this.#taken.has(number) || this.#broken) {
      return refused(() => this.#check(number))
    }
    this.#taken.add(number)
    if (number === this.#next && isUncancelled()) {
      return ready('Sequencer.turn', this, new Turn(() => this.#go(number)))
    }
    return suspend(new Waiter<Disposable>('Sequencer.turn', this, this.#line, number))
  }

  #go(number: number): void {
    this.#next = number + 1
    for (const waiter of this.#line) {
      if (waiter.data === this.#next) wake(waiter, new Turn(() => this.#go(number + 1)))
    }
  }

  #break(waiter: Waiter<Disposable>): void {
    this.#broken = true
    const number = waiter.data as number
    for (const other of this.#line) wakeWithError(other, () => broken(number))
  }

  #check(number: number): void {
    requireCount('Sequencer.turn: number', number, 0)
    if (this.#broken) throw broken(number)
    throw new BrokenError(`Sequencer.turn: turn ${number} was taken before; number each turn once`)
  }
}

class Turn implements Disposable {
  #done: (() => void) | undefined

  constructor(done: () => void) {
    this.#done = done
  }

  [Symbol.dispose](): void {
    this.#done?.()
    this.#done = undefined
  }
}

function broken(number: number): BrokenError {
  return new BrokenError(
    `Sequencer.turn: the sequence is broken, somebody gave up waiting for a turn (${number}); make a new one`,
  )
}
