import type { TaskRecord } from '../lowlevel.ts'

/** One resource of a pool, from the beginning of its creation to the end of its destruction. */
export class Resource<T> {
  value!: T
  /** When it will be too old to be lent, in milliseconds since the epoch; undefined until it is made. */
  oldAt: number | undefined
  /** When it was last laid by. */
  idleSince = 0
  /** The task that has it. */
  borrower: TaskRecord | undefined
}
