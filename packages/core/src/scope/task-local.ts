import { contextVariable } from '../kernel/platform.ts'
import type { ContextVariable } from '../kernel/platform.ts'

/**
 * A value that follows the awaits and is inherited by spawned tasks, such as a request's id.
 *
 * @example
 * const requestId = new TaskLocal('none')
 * await requestId.run('r-1', () => handle())
 * @see Python's contextvars, Kotlin's ThreadContextElement
 */
export class TaskLocal<T> {
  readonly #carrier: ContextVariable<{ readonly value: T }> = contextVariable()
  readonly #default: T

  constructor(...[initial]: undefined extends T ? [initial?: T] : [initial: T]) {
    this.#default = initial as T
  }

  /** Runs `fn`, and all it awaits and spawns, with this value. */
  run<R>(value: T, fn: () => R): R {
    return this.#carrier.run({ value }, fn)
  }

  /** The value of the innermost `run` around the caller, or the default. */
  get(): T {
    const held = this.#carrier.get()
    return held === undefined ? this.#default : held.value
  }
}
