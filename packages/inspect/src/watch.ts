import { nameResource, statsOf } from 'corral/lowlevel'
import { MisuseError } from 'corral'

// Also for those who look in from outside, and for other copies of this package.
const watchedKey = Symbol.for('corral.watched')
const host = globalThis as { [watchedKey]?: Map<string, object> }
const watched = (host[watchedKey] ??= new Map())

/**
 * Gives a resource, such as a queue or a pool, a name in reports, and its numbers a place in metrics, until it is disposed. A
 * queue that is watched is reported when it only grows.
 *
 * @throws MisuseError when the name is taken, or the resource tells no numbers
 * @example
 * const orders = new Queue<Order>()
 * using watching = watch('orders', orders)
 */
export function watch(name: string, resource: object): Disposable {
  nameResource('watch', resource, { name })
  if (statsOf(resource) === undefined) {
    throw new MisuseError(`watch: ${name} tells no numbers; watch a queue, a pool, a lock ...`)
  }
  const before = watched.get(name)
  if (before !== undefined && before !== resource) {
    throw new MisuseError(`watch: ${name} is watched already; choose another name`)
  }
  watched.set(name, resource)
  return {
    [Symbol.dispose]() {
      if (watched.get(name) === resource) watched.delete(name)
    },
  }
}

/** What is watched, by its name. */
export function watchedResources(): ReadonlyMap<string, object> {
  return watched
}
