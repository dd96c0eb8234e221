import { requireDuration, requireFunction, requireLimit } from '../lowlevel.ts'
import type { ResourceOptions } from '../lowlevel.ts'
import { completeOptions } from './complete-options.ts'

export interface PoolOptions<T> extends ResourceOptions {
  /** Makes a resource. Cancelled when the pool is drained or its owner is cancelled. */
  readonly create: () => PromiseLike<T> | T
  /** Ends a resource, under a shield: give it a timeout of its own if it may hang. */
  readonly destroy: (value: T) => PromiseLike<void> | void
  /** Asked before a resource is lent again: false, or an error, destroys it, and another one is made. */
  readonly validate?: (value: T) => PromiseLike<boolean> | boolean
  /** How many are kept when nobody needs them; they are made ahead. Default 0. */
  readonly min?: number
  /** How many there are at the most, those being made or destroyed counted in. */
  readonly max: number
  /** How long a resource above `min` may lie idle before it is destroyed, in milliseconds. Default `Infinity`. */
  readonly idle?: number
  /** How old a resource may be to be lent again, in milliseconds. Default `Infinity`. */
  readonly maxAge?: number
  /**
   * Told of errors that no caller is there for, of `destroy` or of `create` ahead. Without it they are
   * unhandled rejections; while the pool is drained `drain` throws them. What it throws is reported.
   */
  readonly onError?: (error: unknown) => void
}

/** The same with all defaults filled in. */
export interface CompletePoolOptions<T> extends Pick<
  Required<PoolOptions<T>>,
  'create' | 'destroy' | 'min' | 'max' | 'idle' | 'maxAge'
> {
  readonly validate: PoolOptions<T>['validate'] | undefined
  readonly onError: PoolOptions<T>['onError'] | undefined
}

/** Fills in what was left out, and refuses what cannot be right. */
export function completePoolOptions<T>(options: PoolOptions<T>): CompletePoolOptions<T> {
  return completeOptions<Omit<PoolOptions<T>, 'name'>>('Pool', options, {
    create: [requireFunction],
    destroy: [requireFunction],
    validate: [requireFunction, undefined],
    onError: [requireFunction, undefined],
    max: [requireLimit],
    min: [(where, min) => requireLimit(where, min, 0), 0],
    idle: [requireDuration, Infinity],
    maxAge: [requireDuration, Infinity],
  })
}
