import { Queue, Worker } from 'bullmq'
import type { Redis } from 'ioredis'

/** One handler of one queue, as a queue of BullMQ. */
export interface BullQueue {
  readonly name: string
  readonly queue: string
  readonly kind: string
  readonly producer: Queue
  readonly taker: Worker
  /** What its keys begin with. */
  readonly base: string
}

/** The longest lock there is: who owns a job is decided by who is alive, and the lock is what fences it. */
const lockDuration = 2 ** 31 - 1

/** The queues of BullMQ that are there. */
export class BullQueues {
  readonly #redis: Redis
  readonly #prefix: string
  readonly #open = new Map<string, BullQueue>()

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis
    this.#prefix = prefix
  }

  /** Opens one; the first time anybody does, it is made known to all. */
  async of(queue: string, kind: string): Promise<BullQueue> {
    const name = `${encodeURIComponent(queue)}/${encodeURIComponent(kind)}`
    const known = this.#open.get(name)
    if (known !== undefined) return known
    const made = this.#make(name, queue, kind)
    await this.#redis.sadd(`${this.#prefix}:queues`, name)
    const settings = await this.#redis.hget(`${this.#prefix}:paused`, queue)
    if (settings !== null) await made.producer.pause()
    return made
  }

  /** The one that an id names. */
  byId(id: string): { readonly queue: BullQueue; readonly bullId: string } | undefined {
    const at = id.lastIndexOf(':')
    const [, queue, kind] = /^([^/:]+)\/([^/:]+)$/.exec(id.slice(0, at)) ?? []
    if (queue === undefined || kind === undefined) return undefined
    const name = `${queue}/${kind}`
    const found =
      this.#open.get(name) ?? this.#make(name, decodeURIComponent(queue), decodeURIComponent(kind))
    return { queue: found, bullId: id.slice(at + 1) }
  }

  /** All that anybody has opened. */
  async all(): Promise<readonly BullQueue[]> {
    const names = await this.#redis.smembers(`${this.#prefix}:queues`)
    return names.toSorted().map((name) => {
      const [queue = '', kind = ''] = name.split('/').map(decodeURIComponent)
      return this.#open.get(name) ?? this.#make(name, queue, kind)
    })
  }

  async close(): Promise<void> {
    for (const { producer, taker } of this.#open.values()) {
      await taker.close(true)
      await producer.close()
    }
  }

  #make(name: string, queue: string, kind: string): BullQueue {
    const options = { connection: this.#redis as never, prefix: this.#prefix }
    const producer = new Queue(name, options)
    const taker = new Worker(name, null, {
      ...options,
      autorun: false,
      lockDuration,
      skipStalledCheck: true,
      skipLockRenewal: true,
    })
    // Connections are the client's, which connects again.
    producer.on('error', () => {})
    taker.on('error', () => {})
    const made = { name, queue, kind, producer, taker, base: `${this.#prefix}:${name}:` }
    this.#open.set(name, made)
    return made
  }
}
