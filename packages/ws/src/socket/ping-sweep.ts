/** A connection as the sweep sees it. */
export interface Swept {
  /** Counts what the peer has sent; the same number twice means that nothing arrived. */
  readonly heard: number
  /** The peer is not being read: its silence means nothing. */
  readonly deaf: boolean
  /** A message has been started and is not complete. */
  readonly halfRead: boolean
  /** Counts messages that were complete. */
  readonly messages: number
  ping(): void
  /** It gave no sign of life. */
  onSilence(): void
  /** It took too long to complete a message. */
  onHalfMessage(): void
}

export interface SweepTimes {
  readonly pingInterval: number
  readonly pongTimeout: number
  readonly assemblyTimeout: number
}

interface Record {
  heard: number
  messages: number
  /** When it was last heard from, and since when a message has been half received. */
  since: number
  half: number
  pinged: boolean
}

/** Decides what to do about one connection; called for all of them in one sweep. */
export function judge(
  connection: Swept,
  record: Record,
  now: number,
  times: SweepTimes,
): 'wait' | 'ping' | 'silent' | 'half' {
  const { heard, deaf, halfRead, messages } = connection
  if (!halfRead || messages !== record.messages || deaf) record.half = now
  record.messages = messages
  if (now - record.half > times.assemblyTimeout) return 'half'
  if (heard !== record.heard || deaf) {
    record.heard = heard
    record.since = now
    record.pinged = false
    return 'wait'
  }
  const quiet = now - record.since
  if (record.pinged) return quiet > times.pingInterval + times.pongTimeout ? 'silent' : 'wait'
  if (quiet < times.pingInterval) return 'wait'
  record.pinged = true
  record.since = now - times.pingInterval
  return 'ping'
}

/**
 * Pings quiet peers and ends those that do not answer, all with a single timer, which does not keep the process alive.
 */
export class PingSweep {
  readonly #times: SweepTimes
  readonly #records = new Map<Swept, Record>()
  #timer: NodeJS.Timeout | undefined

  constructor(times: SweepTimes) {
    this.#times = times
  }

  add(connection: Swept): void {
    const now = performance.now()
    const { heard, messages } = connection
    this.#records.set(connection, { heard, messages, since: now, half: now, pinged: false })
    const { pingInterval, pongTimeout, assemblyTimeout } = this.#times
    const every = Math.min(pingInterval, pongTimeout, assemblyTimeout) / 2
    if (every === Infinity) return
    this.#timer ??= setInterval(() => this.sweep(performance.now()), Math.max(10, every)).unref()
  }

  delete(connection: Swept): void {
    this.#records.delete(connection)
    if (this.#records.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  sweep(now: number): void {
    for (const [connection, record] of this.#records) {
      const due = judge(connection, record, now, this.#times)
      if (due === 'ping') connection.ping()
      else if (due === 'silent') connection.onSilence()
      else if (due === 'half') connection.onHalfMessage()
    }
  }
}
