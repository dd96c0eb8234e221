import { exponential } from 'corral'
import { TOO_SLOW } from '../protocol/too-slow.ts'

/** What to do after a connection has ended. */
export type Decision =
  | { readonly kind: 'final' }
  /** @param delay in milliseconds */
  | { readonly kind: 'retry'; readonly delay: number }

/** Codes after which the same would happen again: done, protocol violations, limits exceeded. */
const FINAL = new Set([1000, 1002, 1003, 1007, 1008, 1009, 1010])

/** The application's codes are final, but for the one of a room that was too fast for this client. */
function isFinal(code: number): boolean {
  return FINAL.has(code) || (code >= 4000 && code <= 4999 && code !== TOO_SLOW)
}

export const DEFAULT_BACKOFF: Iterable<number> = exponential({
  base: 500,
  max: 30_000,
  jitter: true,
})

/**
 * Decides whether to reconnect, and when. The delays are random, so that the clients of a restarting server do not all
 * come back at once, and start over only after a connection that has lasted.
 */
export class ReconnectPolicy {
  readonly #delays: Iterable<number>
  readonly #stableAfter: number
  #next: Iterator<number>
  #openedAt: number | undefined

  constructor(delays: Iterable<number>, stableAfter: number) {
    this.#delays = delays
    this.#stableAfter = stableAfter
    this.#next = delays[Symbol.iterator]()
  }

  opened(now: number): void {
    this.#openedAt = now
  }

  ended(code: number, now: number): Decision {
    if (this.#openedAt !== undefined && now - this.#openedAt >= this.#stableAfter) {
      this.#next = this.#delays[Symbol.iterator]()
    }
    this.#openedAt = undefined
    if (isFinal(code)) return { kind: 'final' }
    const { value, done } = this.#next.next()
    return done === true ? { kind: 'final' } : { kind: 'retry', delay: value }
  }
}
