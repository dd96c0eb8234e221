import { ClosedError } from '../errors.ts'
import type { TaskRecord } from '../lowlevel.ts'
import type { Lease } from './lease.ts'
import type { Resource } from './pool-resource.ts'

/** What a pool lends. */
export interface PoolLease<out T> extends Lease<T> {
  /** Gives it back as broken: it is destroyed, and another one created when one is needed. */
  discard(): void
}

const done = Promise.resolve()

/** A resource in the hands of a borrower, who may be no task. */
export class LentResource<T> implements PoolLease<T> {
  readonly #giveBack: (resource: Resource<T>, broken: boolean) => void
  #resource: Resource<T> | undefined

  constructor(
    resource: Resource<T>,
    borrower: TaskRecord | undefined,
    giveBack: (resource: Resource<T>, broken: boolean) => void,
  ) {
    resource.borrower = borrower
    this.#resource = resource
    this.#giveBack = giveBack
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
    resource.borrower = undefined
    this.#giveBack(resource, broken)
  }
}
