import { requireCount, requireDuration, requireOptions } from 'corral/lowlevel'

export interface LiveSocketOptions {
  /** Delays between attempts, in milliseconds; where they end, it ends. Default: 500 to 30 000, full jitter. */
  readonly backoff?: Iterable<number>
  /** How long a connection must last for the delays to begin anew, in milliseconds. Default 5000. */
  readonly stableAfter?: number
  /** How long an attempt may take, in milliseconds. Default 10 000. */
  readonly connectTimeout?: number
  /** What may be queued, in bytes, before `send` waits. Default 1 MiB. */
  readonly queueBytes?: number
  /** Subprotocols to ask for, the best first. */
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
