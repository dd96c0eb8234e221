import { cancellable } from 'corral'
import { Redis } from 'ioredis'
import { JobsError } from '../errors.ts'
import type { JobStore, StoreFactory } from '../store/job-store.ts'
import { BullStore } from './bull-store.ts'

/**
 * What a crash of the Redis server may cost:
 *
 *   always     nothing: `appendfsync always`
 *   everysec   the jobs of the last second: `appendfsync everysec`
 *   none       all jobs
 */
export type RedisDurability = 'always' | 'everysec' | 'none'

export interface BullmqOptions {
  /** What Redis must promise at least; `open` refuses one that promises less. Default 'everysec'. */
  readonly durability?: RedisDurability
  /** What all keys begin with. Default 'corral'. */
  readonly prefix?: string
}

/**
 * Jobs in Redis, in queues of BullMQ: for those who have Redis. Each handler of each queue is a queue of BullMQ, so that its
 * tools show them. It has no transactions, limits, flows, steps and cron; see the table in the guide.
 *
 * @param connection the URL of Redis, such as `redis://127.0.0.1:6379`
 * @example
 * await using jobs = await openJobs(bullmqStore('redis://127.0.0.1:6379', { durability: 'everysec' }))
 */
export function bullmqStore(connection: string, options: BullmqOptions = {}): StoreFactory {
  const { durability = 'everysec', prefix = 'corral' } = options
  return {
    name: 'bullmqStore',
    async open(): Promise<JobStore> {
      const redis = new Redis(connection, { maxRetriesPerRequest: null, lazyConnect: true })
      redis.on('error', () => {}) // it connects again; whoever asks meanwhile waits
      try {
        await cancellable(redis.connect())
        requireDurability(await cancellable(configOf(redis)), durability)
        return await BullStore.open(redis, connection, prefix)
      } catch (error) {
        redis.disconnect()
        throw error
      }
    },
  }
}

interface RedisConfig {
  readonly appendonly?: string
  readonly appendfsync?: string
  readonly 'maxmemory-policy'?: string
}

async function configOf(redis: Redis): Promise<RedisConfig> {
  const config: Record<string, string> = {}
  for (const name of ['appendonly', 'appendfsync', 'maxmemory-policy']) {
    const [, value] = await redis.config('GET', name)
    if (value !== undefined) config[name] = value
  }
  return config
}

/** What Redis cannot promise is refused by name. */
function requireDurability(config: RedisConfig, wanted: RedisDurability): void {
  const policy = config['maxmemory-policy'] ?? 'unknown'
  if (policy !== 'noeviction') {
    throw refusal(
      `Redis drops jobs when its memory is full (maxmemory-policy ${policy}); set noeviction`,
    )
  }
  const ranks: readonly RedisDurability[] = ['none', 'everysec', 'always']
  const { appendonly = 'unknown', appendfsync = 'no' } = config
  const found =
    appendonly === 'yes' ? (ranks.find((rank) => rank === appendfsync) ?? 'none') : 'none'
  if (ranks.indexOf(found) >= ranks.indexOf(wanted)) return
  const has = appendonly === 'yes' ? `appendfsync ${appendfsync}` : `appendonly ${appendonly}`
  throw refusal(
    `Redis does not promise "${wanted}" (${has}): a crash of the server would lose jobs; ` +
      `configure it, or say durability: '${found}'`,
  )
}

function refusal(reason: string): JobsError {
  return new JobsError('UNSUPPORTED', `bullmqStore: ${reason}`)
}
