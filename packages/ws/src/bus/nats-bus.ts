import type { Bus, BusListener } from './bus.ts'
import { TopicListeners } from './topic-listeners.ts'

/** The part of a `@nats-io/transport-node` connection that is used. */
export interface NatsConnectionLike {
  publish(subject: string, payload: string): void
  subscribe(
    subject: string,
    options: { callback: (error: Error | null, message: { string(): string }) => void },
  ): { unsubscribe(): void }
  status(): AsyncIterable<{ readonly type: string }>
  isClosed(): boolean
}

/**
 * A bus over NATS. Its client reconnects by itself; messages lost meanwhile are requested again.
 *
 * @example
 * const bus = natsBus(await connect({ servers: 'nats://localhost', maxReconnectAttempts: -1 }))
 * const chat = new Room({ name: 'chat', bus })
 */
export function natsBus(connection: NatsConnectionLike): Bus {
  return new NatsBus(connection)
}

class NatsBus implements Bus {
  readonly #connection: NatsConnectionLike
  readonly #listeners = new TopicListeners()

  constructor(connection: NatsConnectionLike) {
    this.#connection = connection
    void this.#watch()
  }

  publish(topic: string, text: string): void {
    if (this.#connection.isClosed()) return
    this.#connection.publish(topic, text)
  }

  subscribe(topic: string, listener: BusListener): Disposable {
    this.#listeners.add(topic, listener)
    const subscription = this.#connection.subscribe(topic, {
      callback: (error, message) => {
        if (error === null) listener.message(message.string())
      },
    })
    listener.connected()
    return {
      [Symbol.dispose]: () => {
        this.#listeners.delete(topic, listener)
        if (!this.#connection.isClosed()) subscription.unsubscribe()
      },
    }
  }

  /** Until the connection is closed. */
  async #watch(): Promise<void> {
    for await (const { type } of this.#connection.status()) {
      if (type === 'reconnect') this.#listeners.connected()
    }
  }
}
