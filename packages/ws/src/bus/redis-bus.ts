import type { Bus, BusListener } from './bus.ts'
import { TopicListeners } from './topic-listeners.ts'

/** The part of a `redis` client that is used. */
export interface RedisClientLike {
  readonly isReady: boolean
  publish(channel: string, message: string): Promise<unknown>
  duplicate(): RedisSubscriberLike
}

export interface RedisSubscriberLike {
  connect(): Promise<unknown>
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
  on(event: 'ready' | 'error', listener: () => void): unknown
  destroy(): void
}

/**
 * A bus over Redis publish/subscribe: `client` is a connected client of the library `redis`; subscriptions get a
 * connection of their own, opened here. While disconnected, nothing is published; lost messages are requested after
 * reconnecting.
 *
 * @example
 * const client = await createClient().connect()
 * await using bus = redisBus(client)
 * const chat = new Room({ name: 'chat', bus })
 */
export function redisBus(client: RedisClientLike): Bus & AsyncDisposable {
  return new RedisBus(client)
}

class RedisBus implements Bus, AsyncDisposable {
  readonly #client: RedisClientLike
  readonly #subscriber: RedisSubscriberLike
  readonly #listeners = new TopicListeners()
  readonly #connecting: Promise<unknown>

  constructor(client: RedisClientLike) {
    this.#client = client
    this.#subscriber = client.duplicate()
    this.#subscriber.on('error', () => {}) // it reconnects by itself; rooms detect what they miss
    this.#subscriber.on('ready', () => this.#listeners.connected())
    this.#connecting = this.#subscriber.connect().catch(() => {})
  }

  publish(topic: string, text: string): void {
    if (this.#client.isReady) this.#client.publish(topic, text).catch(() => {})
  }

  subscribe(topic: string, listener: BusListener): Disposable {
    if (this.#listeners.add(topic, listener)) void this.#open(topic)
    else listener.connected()
    return {
      [Symbol.dispose]: () => {
        if (!this.#listeners.delete(topic, listener)) return
        this.#subscriber.unsubscribe(topic).catch(() => {})
      },
    }
  }

  async #open(topic: string): Promise<void> {
    try {
      await this.#connecting
      await this.#subscriber.subscribe(topic, (text) => this.#listeners.message(topic, text))
      this.#listeners.connectedTo(topic)
    } catch {
      // The connection was closed meanwhile.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connecting
    this.#subscriber.destroy()
  }
}
