import { Event, moveOnAfter, now } from 'corral'
import type { Connection, ConnectLimits } from '../connect/connection.ts'
import { H2Connection } from './h2-connection.ts'
import type { H2Options } from './h2-connection.ts'
import type { H2Stream } from './h2-stream.ts'

/** Origins that are remembered to speak HTTP/1.1; the oldest leaves. */
const mostOthers = 1000

/** The connections of HTTP/2 by origin, one each as long as it has streams left; and who does not speak it. */
export class H2Connections {
  readonly #options: H2Options
  readonly #onIdle: (connection: Connection, isIdle: boolean) => void
  readonly #connections = new Map<string, Set<H2Connection>>()
  /** Set when somebody who opens a connection to an origin is done with that. */
  readonly #opening = new Map<string, Event>()
  readonly #others = new Set<string>()

  constructor(options: H2Options, onIdle: (connection: Connection, isIdle: boolean) => void) {
    this.#options = options
    this.#onIdle = onIdle
  }

  /** Whether HTTP/2 is to be offered to a host. */
  isOffered({ protocol, origin }: URL): boolean {
    return protocol === 'https:' && !this.#others.has(origin)
  }

  /** A stream of a connection that is open. */
  tryOpen(origin: string): H2Stream | undefined {
    for (const connection of this.#connections.get(origin) ?? []) {
      const stream = connection.tryOpen()
      if (stream !== undefined) return stream
    }
    return undefined
  }

  /**
   * A stream of a connection that is open or that somebody else is just opening; undefined for who must open one, who then
   * disposes of `turn` when it is open or has failed.
   *
   * Cancellation: waits for nobody.
   */
  async share(
    { origin }: URL,
    { connectTimeout, totalAt }: ConnectLimits,
  ): Promise<H2Stream | { readonly turn: Disposable }> {
    const until = Math.min(now() + connectTimeout, totalAt)
    for (;;) {
      const stream = this.tryOpen(origin)
      if (stream !== undefined) return stream
      const opening = this.#opening.get(origin)
      if (opening === undefined) return { turn: this.#begin(origin) }
      const { timedOut } = await moveOnAfter(Math.max(0, until - now()), () => opening.wait())
      // Whoever it is, he takes too long: everybody for himself.
      if (timedOut) return { turn: { [Symbol.dispose]: () => {} } }
    }
  }

  /** A new connection, of HTTP/1.1 or of HTTP/2: then its first stream. */
  adopt(connection: Connection): H2Stream | undefined {
    const { origin } = connection
    if (connection.protocol !== 'h2') {
      this.#remember(origin)
      return undefined
    }
    const adopted = new H2Connection(connection, this.#options, {
      idle: this.#onIdle,
      refused: () => this.#remember(origin),
    })
    const stream = adopted.tryOpen()
    if (stream === undefined) return undefined
    const all = this.#connections.get(origin) ?? new Set()
    this.#connections.set(origin, all.add(adopted))
    connection.onClose(() => {
      all.delete(adopted)
      if (all.size === 0 && this.#connections.get(origin) === all) this.#connections.delete(origin)
    })
    return stream
  }

  #begin(origin: string): Disposable {
    const event = new Event({ name: `a connection to ${origin}` })
    this.#opening.set(origin, event)
    return {
      [Symbol.dispose]: () => {
        this.#opening.delete(origin)
        event.set()
      },
    }
  }

  #remember(origin: string): void {
    this.#others.add(origin)
    const [oldest] = this.#others
    if (this.#others.size > mostOthers && oldest !== undefined) this.#others.delete(oldest)
  }
}
