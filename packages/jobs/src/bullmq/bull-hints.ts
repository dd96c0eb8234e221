import type { Redis } from 'ioredis'
import { Hints } from '../store/hints.ts'
import type { Hint } from '../store/job-store.ts'

/** Hints to all processes, over a channel of Redis. */
export class BullHints {
  readonly #redis: Redis
  readonly #listener: Redis
  readonly #channel: string
  readonly #hints = new Hints()

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis
    this.#channel = `${prefix}:hints`
    this.#listener = redis.duplicate()
    this.#listener.on('error', () => {})
    this.#listener.on('message', (_, about: string) => this.#hints.tell(about as Hint['about']))
  }

  async open(): Promise<void> {
    await this.#listener.connect()
    await this.#listener.subscribe(this.#channel)
  }

  /** One that is lost is missed by nobody for long. */
  tell(about: Hint['about']): void {
    this.#redis.publish(this.#channel, about).catch(() => {})
  }

  listen(): AsyncGenerator<Hint, void> {
    return this.#hints.listen()
  }

  close(): void {
    this.#listener.disconnect()
  }
}
