import { outside } from './context.ts'
import { macrotask, monotonicNow } from './originals.ts'

// Fairness towards the event loop: calls that are all ready at once would keep timers and I/O out for
// ever. Each ready call and each wake spends one credit. After `CREDIT` of them a macrotask is asked for;
// if another `CREDIT` is gone, and `SLICE` ms, before it came, whatever is ready next waits for it.

const CREDIT = 1000
const SLICE = 4

let credit = CREDIT
let turnAskedAt = 0
let deferred: (() => void)[] = []

/** The time, in a rush of such calls: read at most `CREDIT` of them ago. Otherwise 0. */
export let rushTime = 0

/** Takes a credit. False when this macrotask has had its share: `defer` what was to happen. */
export function spend(): boolean {
  return --credit > 0 || renew()
}

/** For calls between which there may be long computations: the next `spend` looks at the clock, if that is due. */
export function watchTime(): void {
  if (turnAskedAt === 0 || monotonicNow() - turnAskedAt >= SLICE) credit = 1
}

/** Does `act` in the next macrotask, in order. */
export function defer(act: () => void): void {
  deferred.push(act)
}

function renew(): boolean {
  rushTime = monotonicNow()
  if (turnAskedAt === 0) {
    turnAskedAt = rushTime
    outside(macrotask, turned)
  } else if (rushTime - turnAskedAt >= SLICE) {
    credit = 0
    return false
  }
  credit = CREDIT
  return true
}

function turned(): void {
  turnAskedAt = 0
  rushTime = 0
  credit = CREDIT
  const acts = deferred
  deferred = []
  for (const act of acts) act()
}
