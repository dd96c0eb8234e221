import { requireDuration, requireLimit } from 'corral/lowlevel'

/** What a connection may cost. */
export interface SocketLimits {
  /** Bytes of a message; 1009 for more. Default 1 MiB. */
  readonly maxMessageBytes?: number
  /** Pieces of a message; 1008 for more. Default 1000. */
  readonly maxFragments?: number
  /** How long a message may take from its first byte to its last, in milliseconds; 1008 for longer. Default 30 000. */
  readonly assemblyTimeout?: number
  /** Messages of the peer per second, after a first burst of as many; 1008 for more. Default `Infinity`. */
  readonly messagesPerSecond?: number
  /** What may be queued for the peer, in bytes, before `send` waits. Default 1 MiB. */
  readonly queueBytes?: number
  /** Rooms that the connection may be in; more joins are refused. Default 1000. */
  readonly maxRooms?: number
  /** How long a connection is quiet before it is pinged, in milliseconds. Default 25 000. */
  readonly pingInterval?: number
  /** How long it may give no sign of life after that, in milliseconds. Default 10 000. */
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

/** The limits with their defaults, checked. `where` reads `Api`. */
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
