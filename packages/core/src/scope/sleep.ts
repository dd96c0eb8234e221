import type { Clock, ClockEntry } from '../kernel/clock.ts'
import { currentScope } from '../kernel/current.ts'
import { refused, requireDuration, requireMoment } from '../kernel/guard.ts'
import { Waiter } from '../kernel/records.ts'
import type { Line, ScopeNode } from '../kernel/records.ts'
import { suspend, wake } from '../kernel/suspend.ts'

/**
 * Waits for `ms` milliseconds of the runtime's clock; 0 waits for one turn of the event loop.
 *
 * Cancellation: throws `Cancelled` and leaves no timer.
 *
 * @param ms at least 0; `Infinity` waits until cancelled
 * @throws MisuseError for a negative or no number
 */
export function sleep(ms: number): Promise<void> {
  if (typeof ms !== 'number' || !(ms >= 0)) return refused(() => requireDuration('sleep: ms', ms))
  return until(now() + ms, 'sleep')
}

/**
 * Waits until a moment of the runtime's clock; a moment in the past waits for one turn of the event loop.
 *
 * Cancellation: throws `Cancelled` and leaves no timer.
 *
 * @param epochMs milliseconds since the epoch
 */
export function sleepUntil(epochMs: number): Promise<void> {
  if (typeof epochMs !== 'number' || !(epochMs >= -Infinity)) {
    return refused(() => requireMoment('sleepUntil: epochMs', epochMs))
  }
  return until(epochMs, 'sleepUntil')
}

/** Milliseconds since the epoch, by the runtime's clock. It never steps back. */
export function now(): number {
  return currentScope().runtime.clock.now()
}

function until(at: number, kind: string): Promise<void> {
  return suspend(new Sleeper(at, kind))
}

/** The line in which sleepers stand is the clock. */
const clockLine: Line = {
  add: (waiter) => clockOf(waiter).add(waiter as Sleeper),
  remove: (waiter) => clockOf(waiter).remove(waiter as Sleeper),
}

function clockOf(waiter: Waiter<never>): Clock {
  return (waiter.scope as ScopeNode).runtime.clock
}

class Sleeper extends Waiter implements ClockEntry {
  slot = -1
  order = 0
  readonly at: number

  constructor(at: number, kind: string) {
    super(kind, undefined, clockLine)
    this.at = at
  }

  expire(): void {
    wake(this, undefined)
  }
}
