import type { Redis } from 'ioredis'
import type { WorkerRecord } from '../store/records.ts'
import type { Pulse } from '../worker/heart.ts'
import { Heart } from '../worker/heart.ts'

const script = new URL(
  import.meta.url.endsWith('.ts') ? './bull-beat-main.ts' : './bull-beat-main.js',
  import.meta.url,
)

/** Who works on the jobs: known to all, and shown to be alive by a thread. */
export class BullWorkers {
  readonly #redis: Redis
  readonly #url: string
  readonly #prefix: string

  constructor(redis: Redis, url: string, prefix: string) {
    this.#redis = redis
    this.#url = url
    this.#prefix = prefix
  }

  async join(worker: WorkerRecord): Promise<Heart> {
    const { id, lease } = worker
    await this.#redis.hset(`${this.#prefix}:workers`, id, JSON.stringify(worker))
    try {
      const pulse: Omit<Pulse, 'turns'> = { id, every: lease / 4, lease, maxStall: 60_000 }
      return await Heart.start(script, pulse, { url: this.#url, prefix: this.#prefix })
    } catch (error) {
      await this.forget(id)
      throw error
    }
  }

  async isKnown(id: string): Promise<boolean> {
    return (await this.#redis.hexists(`${this.#prefix}:workers`, id)) === 1
  }

  async all(): Promise<readonly (WorkerRecord & { readonly beats: number })[]> {
    const workers = await this.#redis.hgetall(`${this.#prefix}:workers`)
    const beats = await this.#redis.hgetall(`${this.#prefix}:beats`)
    return Object.entries(workers).map(([id, text]) => {
      return { ...(JSON.parse(text) as WorkerRecord), beats: Number(beats[id] ?? 0) }
    })
  }

  async forget(id: string): Promise<void> {
    await this.#redis.hdel(`${this.#prefix}:workers`, id)
    await this.#redis.hdel(`${this.#prefix}:beats`, id)
  }
}
