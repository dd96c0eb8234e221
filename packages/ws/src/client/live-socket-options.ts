import { requireCount, requireDuration, requireOptions } from 'corral/lowlevel'

export interface LiveSocketOptions {
  /** Delays between attempts, in milliseconds; it gives up after the last. Default: 500 to 30 000, full jitter. */
  readonly backoff?: Iterable<number>
  /** How long a connection must last to reset the delays, in milliseconds. Default 5000. */
  readonly stableAfter?: number
  /** How long an attempt may take, in milliseconds. Default 10 000. */
  readonly connectTimeout?: number
  /** How many bytes may be queued before `send` waits. Default 1 MiB. */
  readonly queueBytes?: number
  /** Subprotocols to request, in order of preference. */
  readonly protocols?: readonly string[]
}

export function completeLiveOptions(
  options: LiveSocketOptions,
): Required<Omit<LiveSocketOptions, 'backoff' | 'protocols'>> {
  requireOptions('openWebSocket', options)
  const { stableAfter = 5000, connectTimeout = 10_000, queueBytes = 1_048_576 } = options
  requireDuration('openWebSocket: stableAfter', stableAfter)
  requireDuration('openWebSocket: connectTimeout', connectTimeout)
  requireCount('openWebSocket: queueBytes', queueBytes)
  return { stableAfter, connectTimeout, queueBytes }
}
