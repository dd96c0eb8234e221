import type { Redis } from 'ioredis'

/** What BullMQ has no command for, each atomic. Keys are those of BullMQ. */
export interface Scripted {
  /** Ends a job that waits. */
  corralCancel(...args: readonly string[]): Promise<number>
  /** Writes a field of a job while a claim holds it. */
  corralWrite(...args: readonly string[]): Promise<number>
  /** Asks a running job to end. */
  corralAsk(...args: readonly string[]): Promise<number>
  /** Holds a unique key for a job, if nobody has it. */
  corralHold(...args: readonly string[]): Promise<number>
}

const cancel = `
local base, id, now = KEYS[1], ARGV[1], ARGV[2]
local job = base .. id
local found = redis.call('ZREM', base .. 'prioritized', id) + redis.call('ZREM', base .. 'delayed', id)
  + redis.call('LREM', base .. 'wait', 1, id) + redis.call('LREM', base .. 'paused', 1, id)
if found == 0 then return 0 end
redis.call('HSET', job, 'finishedOn', now, 'failedReason', 'cancelled')
redis.call('ZADD', base .. 'failed', now, id)
redis.call('SADD', base .. 'cancelled', id)
local unique = redis.call('HGET', job, 'deid')
if unique and redis.call('GET', base .. 'de:' .. unique) == id then redis.call('DEL', base .. 'de:' .. unique) end
return 1`

const write = `
if redis.call('GET', KEYS[1] .. ':lock') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
return 1`

const ask = `
if not redis.call('LPOS', KEYS[1] .. 'active', ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1] .. ARGV[1], 'corralAsked', '1')
return 1`

const hold = `
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
return 1`

/** Teaches a connection the commands. */
export function withScripts(redis: Redis): Redis & Scripted {
  redis.defineCommand('corralCancel', { numberOfKeys: 1, lua: cancel })
  redis.defineCommand('corralWrite', { numberOfKeys: 1, lua: write })
  redis.defineCommand('corralAsk', { numberOfKeys: 1, lua: ask })
  redis.defineCommand('corralHold', { numberOfKeys: 1, lua: hold })
  return redis as Redis & Scripted
}
