import { workerData } from 'node:worker_threads'
import { Redis } from 'ioredis'
import { beatForEver } from '../worker/beat.ts'
import type { Pulse } from '../worker/heart.ts'

const { id, every, url, prefix } = workerData as Pulse & {
  readonly url: string
  readonly prefix: string
}

const redis = new Redis(url, { commandTimeout: every * 2, maxRetriesPerRequest: 0 })
redis.on('error', () => {})
redis.defineCommand('beat', {
  numberOfKeys: 2,
  lua: `if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
return redis.call('HINCRBY', KEYS[2], ARGV[1], 1)`,
})
const { beat } = redis as unknown as { beat(...args: readonly string[]): Promise<number> }

beatForEver(async () => {
  return (await beat.call(redis, `${prefix}:workers`, `${prefix}:beats`, id)) > 0
})
