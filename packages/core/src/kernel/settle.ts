import { emit, listeners, observed } from './hooks.ts'
import { macrotask, monotonicNow, runOutside, turn } from './platform.ts'
import type { Waiter } from './records.ts'

/** Lets what was decided take effect: at once, or when the runtime's scheduler or the event loop's turn says so. */
export function settle<T>(waiter: Waiter<T>, value: T | PromiseLike<never>): void {
  if (observed) emit(listeners.woken, waiter)
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

async function frame<T>(act: () => T | PromiseLike<T>): Promise<T> {
  await turn
  return act()
}

// Fairness towards the event loop: calls that are all ready at once would keep timers and I/O out for
// ever. Each ready call and each wake takes one from the budget. After `BUDGET` of them a macrotask is asked for;
// if another `BUDGET` is gone, and `SLICE` ms, before it came, whatever is ready next waits for it.

const BUDGET = 1000
const SLICE = 4

let remaining = BUDGET
let macrotaskAskedAt = 0
let deferred: (() => void)[] = []

/** The time, in a rush of such calls: read at most `BUDGET` of them ago. Otherwise 0. */
export let cachedNow = 0

/** Takes one from the budget. False when this macrotask has had its share: `defer` what was to happen. */
export function takeBudget(): boolean {
  return --remaining > 0 || refillBudget()
}

/** For calls between which there may be long computations: the next `takeBudget` looks at the clock, if that is due. */
export function checkClockSoon(): void {
  if (macrotaskAskedAt === 0 || monotonicNow() - macrotaskAskedAt >= SLICE) remaining = 1
}

/** Changes with every call that is ready: whether one was made between two looks. */
export function budgetLeft(): number {
  return remaining
}

/** Does `act` in the next macrotask, in order. */
function defer(act: () => void): void {
  deferred.push(act)
}

function refillBudget(): boolean {
  cachedNow = monotonicNow()
  if (macrotaskAskedAt === 0) {
    macrotaskAskedAt = cachedNow
    runOutside(macrotask, macrotaskBegan)
  } else if (cachedNow - macrotaskAskedAt >= SLICE) {
    remaining = 0
    return false
  }
  remaining = BUDGET
  return true
}

function macrotaskBegan(): void {
  macrotaskAskedAt = 0
  cachedNow = 0
  remaining = BUDGET
  const acts = deferred
  deferred = []
  for (const act of acts) act()
}
