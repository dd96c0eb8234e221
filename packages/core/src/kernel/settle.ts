import { defer, takeBudget } from './coop-budget.ts'
import { emit, observed } from './hooks.ts'
import type { Waiter } from './records.ts'

/** Lets what was decided take effect: at once, or when the runtime's scheduler or the event loop's turn says so. */
export function settle<T>(waiter: Waiter<T>, value: T | PromiseLike<never>): void {
  if (observed) emit('woken', waiter)
  const scheduler = waiter.scope?.runtime.scheduler
  if (scheduler === undefined && takeBudget()) {
    waiter.settle?.(value)
    return
  }
  const pass = (): void => waiter.settle?.(value)
  if (scheduler === undefined) defer(pass)
  else scheduler.hold(waiter, pass)
}

/**
 * As what a wait is settled with: the wait throws what `error` makes. It is made in an async frame that
 * the waiting promise follows, so that its stack runs on through the frames of the one who waits.
 */
export function rejectViaAsyncFrame(error: () => unknown): PromiseLike<never> {
  return settleViaAsyncFrame(() => {
    throw error()
  })
}

/**
 * As what a wait is settled with: does `act` in an async frame of ours. By then the promise follows the
 * frame, and so does the engine's async stack: frame -> promise -> those who await it.
 */
export function settleViaAsyncFrame<T>(act: () => T | PromiseLike<T>): PromiseLike<T> {
  return { then: (resolve, reject) => frame(act).then(resolve, reject) }
}

const turn = Promise.resolve()

async function frame<T>(act: () => T | PromiseLike<T>): Promise<T> {
  await turn
  return act()
}
