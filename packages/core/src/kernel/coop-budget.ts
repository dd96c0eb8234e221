import { macrotask, monotonicNow, runOutside } from './platform.ts'

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
export function defer(act: () => void): void {
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
