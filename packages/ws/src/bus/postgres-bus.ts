import { Client } from 'pg'
import type { Bus, BusListener } from './bus.ts'
import { cutText, TextPieces } from './text-pieces.ts'
import { TopicListeners } from './topic-listeners.ts'

/** The most a NOTIFY may carry, less the header of a piece. */
const MAX_BYTES = 7900
/** Maximum notifications per statement: NOTIFY makes transactions wait for each other. */
const MOST_AT_ONCE = 50
/** How much is queued for a slow connection; more is dropped, and requested by those that miss it. */
const MOST_QUEUED = 10_000
/** Between attempts to connect, in milliseconds. */
const RETRY = 500

/**
 * A bus over PostgreSQL, with LISTEN and NOTIFY on one connection of its own: good for a few hundred bus messages per
 * second, where there is a database anyway. It reconnects by itself; messages lost meanwhile are requested again. Large
 * messages travel in pieces, and queued ones leave together.
 *
 * @param url such as `postgres://user:password@host/database`
 * @param options channel: the notification channel. Default `corral`
 * @example
 * await using bus = postgresBus('postgres://localhost/app')
 * const chat = new Room({ name: 'chat', bus })
 */
export function postgresBus(
  url: string,
  options: { readonly channel?: string } = {},
): Bus & AsyncDisposable {
  return new PostgresBus(url, options.channel ?? 'corral')
}

class PostgresBus implements Bus, AsyncDisposable {
  readonly #url: string
  readonly #channel: string
  readonly #listeners = new TopicListeners()
  readonly #pieces = new TextPieces()
  #queue: string[] = []
  #client: Client | undefined
  #connected = false
  #sending = false
  #closed = false
  #timer: NodeJS.Timeout | undefined

  constructor(url: string, channel: string) {
    this.#url = url
    this.#channel = channel
    void this.#connect()
  }

  publish(topic: string, text: string): void {
    if (!this.#connected || this.#queue.length > MOST_QUEUED) return
    this.#queue.push(...cutText(JSON.stringify([topic, text]), MAX_BYTES))
    void this.#send()
  }

  subscribe(topic: string, listener: BusListener): Disposable {
    this.#listeners.add(topic, listener)
    if (this.#connected) listener.connected()
    return { [Symbol.dispose]: () => void this.#listeners.delete(topic, listener) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#client?.end().catch(() => {})
  }

  async #connect(): Promise<void> {
    const client = new Client({
      connectionString: this.#url,
      connectionTimeoutMillis: 5000,
      keepAlive: true,
    })
    this.#client = client
    client.on('error', () => this.#lost(client))
    client.on('end', () => this.#lost(client))
    client.on('notification', ({ payload = '' }) => this.#receive(payload))
    try {
      await client.connect()
      await client.query(`listen ${client.escapeIdentifier(this.#channel)}`)
    } catch {
      this.#lost(client)
      return
    }
    this.#connected = this.#client === client
    if (this.#connected) this.#listeners.connected()
  }

  #lost(client: Client): void {
    if (this.#client !== client) return
    this.#client = undefined
    this.#connected = false
    this.#queue = []
    client.end().catch(() => {})
    if (!this.#closed) this.#timer = setTimeout(() => void this.#connect(), RETRY)
  }

  async #send(): Promise<void> {
    if (this.#sending) return
    this.#sending = true
    try {
      while (this.#queue.length > 0 && this.#client !== undefined) {
        const texts = this.#queue.splice(0, MOST_AT_ONCE)
        const text = 'select pg_notify($1, text) from unnest($2::text[]) as text'
        await this.#client.query(text, [this.#channel, texts])
      }
    } catch {
      // The connection is lost, which is handled elsewhere.
    } finally {
      this.#sending = false
    }
  }

  #receive(payload: string): void {
    const whole = this.#pieces.add(payload)
    if (whole === undefined) return
    try {
      const [topic, text] = JSON.parse(whole) as [string, string]
      this.#listeners.message(topic, text)
    } catch {
      // A foreign message on this channel.
    }
  }
}
