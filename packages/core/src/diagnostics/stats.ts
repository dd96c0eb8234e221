import { requireName, requireOptions } from '../kernel/guard.ts'

/** The method by which a resource tells its numbers: for reports, metrics and dashboards. */
export const stats: unique symbol = Symbol.for('corral.stats')

/** What can be said of every resource when it is made. */
export interface ResourceOptions {
  /** How it is called in reports and metrics, such as `orders`. */
  readonly name?: string
}

/** The numbers of a resource at one moment, a plain record. What its kind does not have is left out. */
export interface ResourceStats {
  /** The class, such as `Queue`. */
  readonly type: string
  /** As it was given when the resource was made. */
  readonly name?: string
  /** How much is in it: items of a queue, resources of a pool, pieces of work under way. */
  readonly size?: number
  /** How much there may be at the most: items, permits, tokens, resources, parties. */
  readonly capacity?: number
  /** How much of the capacity is in somebody's hands. */
  readonly held?: number
  /** Some of it is held by somebody whom `owners` cannot name: "holders unknown", not "none". */
  readonly holdersUnknown?: boolean
  /** How many calls wait in its lines. */
  readonly waiting?: number
  /** How many of those wait to put something in. */
  readonly waitingToPut?: number
  /** How many of those wait to take something out. */
  readonly waitingToTake?: number
  /** One of a few words, such as `open` of a circuit breaker, `closed` of a queue. */
  readonly state?: string
}

/** A resource that tells its numbers. */
export interface Measured {
  [stats](): ResourceStats
}

/** Only of those that have one: a resource without a name pays nothing for it. */
const names = new WeakMap<object, string>()

/** Gives a resource the name in its options, if there is one. */
export function nameResource(api: string, resource: object, options?: ResourceOptions): void {
  if (options === undefined) return
  requireOptions(api, options)
  if (options.name === undefined) return
  requireName(`${api}: name`, options.name)
  names.set(resource, options.name)
}

/** The name that a resource was given. */
export function nameOf(resource: object): string | undefined {
  return names.get(resource)
}

/**
 * Gives a class the `[stats]` method; called in its static block, `tell` can reach what is private. The
 * name is added.
 */
export function tellStats<T extends object>(
  type: { readonly prototype: T },
  tell: (resource: T) => ResourceStats,
): void {
  Object.defineProperty(type.prototype, stats, {
    value(this: T): ResourceStats {
      const told = tell(this)
      const name = nameOf(this)
      return name === undefined ? told : { ...told, name }
    },
  })
}

/** The numbers of a resource, where it tells them. */
export function statsOf(resource: object | undefined): ResourceStats | undefined {
  const told: Partial<Measured> | undefined = resource
  return told?.[stats]?.()
}
