export interface BackoffOptions {
  /** Milliseconds before the second attempt, on the average. */
  readonly retryDelay: number
  /** Milliseconds at most. */
  readonly maxRetryDelay: number
}

/**
 * Milliseconds to wait after an attempt that failed: doubled every time, drawn from half to one and a half of it so that
 * those who failed together do not come back together. What the server asks for counts when it is longer.
 *
 * @param attempt that failed, from 1
 * @param retryAfter milliseconds that the server asks for
 * @param random from 0 to 1
 */
export function backoffAfter(
  attempt: number,
  options: BackoffOptions,
  retryAfter: number | undefined,
  random: number,
): number {
  const { retryDelay, maxRetryDelay } = options
  const own = retryDelay * 2 ** (attempt - 1) * (0.5 + random)
  return Math.min(Math.max(own, retryAfter ?? 0), maxRetryDelay)
}
