import { defer, spend } from './budget.ts'
import { emit, observed } from './hooks.ts'
import type { Waiter } from './records.ts'

/** Lets a grant take effect: at once, or when the runtime's scheduler or the event loop's turn says so. */
export function settle<T>(waiter: Waiter<T>, value: T): void {
  if (passes(waiter)) waiter.settle?.(value)
  else postpone(waiter, () => waiter.settle?.(value))
}

/**
 * Makes the wait throw what `error` makes. It is made in an async frame that the waiting promise
 * follows, so that its stack runs on through the frames of the one who waits.
 */
export function settleWithError<T>(waiter: Waiter<T>, error: () => unknown): void {
  if (passes(waiter)) waiter.settle?.(victim(error))
  else postpone(waiter, () => waiter.settle?.(victim(error)))
}

/** The same without a frame, and so without the stack of the one who waits: for a crowd. */
export function settleWithPlainError<T>(waiter: Waiter<T>, error: () => unknown): void {
  const thrower = { then: (_: unknown, reject: (error: unknown) => void) => reject(error()) }
  if (passes(waiter)) waiter.settle?.(thrower as PromiseLike<never>)
  else postpone(waiter, () => waiter.settle?.(thrower as PromiseLike<never>))
}

function passes<T>(waiter: Waiter<T>): boolean {
  if (observed) emit('woken', waiter)
  return waiter.scope?.runtime.scheduler === undefined && spend()
}

function postpone<T>(waiter: Waiter<T>, pass: () => void): void {
  const scheduler = waiter.scope?.runtime.scheduler
  if (scheduler === undefined) defer(pass)
  else scheduler.hold(waiter, pass)
}

const turn = Promise.resolve()

/**
 * Does `act` in an async frame of ours that a waiting promise was resolved with. By then the promise
 * follows the frame, and so does the engine's async stack: frame -> promise -> those who await it.
 */
export async function frame<T>(act: () => T | PromiseLike<T>): Promise<T> {
  await turn
  await turn
  return act()
}

function victim(error: () => unknown): Promise<never> {
  return frame(() => {
    throw error()
  })
}
