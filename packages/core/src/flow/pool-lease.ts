import { ClosedError } from '../errors.ts'
import type { TaskRecord } from '../lowlevel.ts'
import type { Lease } from './lease.ts'
import { Link } from './link.ts'

/** One resource of a pool, from its creation to its destruction. */
export interface Resource<T> {
  readonly value: T
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** When it was last given back, or created. */
  idleSince: number
}

/** What a pool lends. */
export interface PoolLease<out T> extends Lease<T> {
  /** Gives it back as broken: it is destroyed, and another one created when one is needed. */
  discard(): void
}

const done = Promise.resolve()

/** A lease in the ring of those that are out. */
export class LentResource<T> extends Link implements PoolLease<T> {
  readonly task: TaskRecord | undefined
  readonly #giveBack: (resource: Resource<T>, broken: boolean) => void
  #resource: Resource<T> | undefined

  constructor(
    resource: Resource<T>,
    giveBack: (resource: Resource<T>, broken: boolean) => void,
    task: TaskRecord | undefined,
  ) {
    super()
    this.#resource = resource
    this.#giveBack = giveBack
    this.task = task
  }

  get value(): T {
    if (this.#resource !== undefined) return this.#resource.value
    throw new ClosedError('Lease.value: it was given back to its pool; acquire another one')
  }

  discard(): void {
    this.#end(true)
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#end(false)
    return done
  }

  #end(broken: boolean): void {
    const resource = this.#resource
    if (resource === undefined) return
    this.#resource = undefined
    this.unlink()
    this.#giveBack(resource, broken)
  }
}

/** The tasks that have borrowed the leases of a ring. */
export function borrowers(ring: Link): TaskRecord[] {
  const tasks: TaskRecord[] = []
  for (let link = ring.after; link !== ring; link = link.after) {
    const { task } = link as LentResource<unknown>
    if (task !== undefined) tasks.push(task)
  }
  return tasks
}
