import { yieldIfDue } from '../lowlevel.ts'

/** What a call gives that has waited for nothing itself: after a pause, when it has to let others run first. */
export function afterPause<T>(value: T): T | Promise<T> {
  return yieldIfDue()?.then(() => value) ?? value
}
