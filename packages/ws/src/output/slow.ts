import { refuse, requireFunction } from 'corral/lowlevel'

/**
 * What happens to a message for a member whose queue is full: the member is disconnected (4008), the oldest of the
 * room's messages in its queue are dropped, an older message with the same key is replaced, or senders wait.
 */
export type SlowPolicy<T> = 'disconnect' | 'drop-oldest' | 'wait' | Conflate<T>

/** Made by `conflate`. */
export interface Conflate<T> {
  readonly key: (data: T) => unknown
}

/**
 * The policy for state that is replaced, such as prices: a member that falls behind gets the newest message of each
 * key, starting with the first message that could not be sent at once. Beyond the limit the oldest keys are dropped.
 *
 * @example
 * new Room<Price>({ slow: conflate((price) => price.symbol) })
 */
export function conflate<T>(key: (data: T) => unknown): Conflate<T> {
  requireFunction('conflate: key', key)
  return { key }
}

export function requireSlowPolicy(where: string, slow: SlowPolicy<never>): void {
  if (typeof slow === 'object' && slow !== null && typeof slow.key === 'function') return
  if (slow === 'disconnect' || slow === 'drop-oldest' || slow === 'wait') return
  refuse(where, "'disconnect', 'drop-oldest', 'wait' or conflate(key)", slow)
}
