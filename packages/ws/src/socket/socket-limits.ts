import { requireDuration, requireLimit } from 'corral/lowlevel'

/** Limits on what a connection may cost. */
export interface SocketLimits {
  /** Maximum bytes of a message; 1009 beyond it. Default 1 MiB. */
  readonly maxMessageBytes?: number
  /** Maximum fragments of a message; 1008 beyond it. Default 1000. */
  readonly maxFragments?: number
  /** How long a message may take from its first byte to its last, in milliseconds; 1008 for longer. Default 30 000. */
  readonly assemblyTimeout?: number
  /** Maximum messages from the peer per second, with a burst of as many; 1008 beyond it. Default `Infinity`. */
  readonly messagesPerSecond?: number
  /** How many bytes may be queued for the peer before `send` waits. Default 1 MiB. */
  readonly queueBytes?: number
  /** Maximum number of rooms the connection may be in; further joins are refused. Default 1000. */
  readonly maxRooms?: number
  /** How long a connection is quiet before it is pinged, in milliseconds. Default 25 000. */
  readonly pingInterval?: number
  /** How long it may stay silent after that, in milliseconds. Default 10 000. */
  readonly pongTimeout?: number
  /** How long the peer may take to answer a close, in milliseconds. Default 5000. */
  readonly closeTimeout?: number
}

export const DEFAULT_LIMITS: Required<SocketLimits> = {
  maxMessageBytes: 1_048_576,
  maxFragments: 1000,
  assemblyTimeout: 30_000,
  messagesPerSecond: Infinity,
  queueBytes: 1_048_576,
  maxRooms: 1000,
  pingInterval: 25_000,
  pongTimeout: 10_000,
  closeTimeout: 5000,
}

/** The validated limits, with defaults. `where` is the API name for messages. */
export function completeLimits(where: string, limits: SocketLimits): Required<SocketLimits> {
  const complete = { ...DEFAULT_LIMITS }
  for (const name of Object.keys(DEFAULT_LIMITS) as (keyof SocketLimits)[]) {
    const value = limits[name]
    if (value === undefined) continue
    if (/Timeout|Interval/.test(name)) requireDuration(`${where}: ${name}`, value)
    else requireLimit(`${where}: ${name}`, value)
    complete[name] = value
  }
  return complete
}
