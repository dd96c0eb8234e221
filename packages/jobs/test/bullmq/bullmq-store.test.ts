import { Redis } from 'ioredis'
import { afterAll } from 'vitest'
import { bullmqStore } from '../../src/bullmq.ts'
import { storeConformance } from '../conformance/store-conformance.ts'

const url = process.env['CORRAL_TEST_REDIS'] ?? 'redis://127.0.0.1:6379'
const run = `corral-test-${process.pid}`
let stores = 0

storeConformance('BullMQ', {
  fresh: () => bullmqStore(url, { durability: 'none', prefix: `${run}-${(stores += 1)}` }),
  capabilities: ['unique', 'priority', 'delay', 'cancel', 'progress', 'results', 'browse', 'pause', 'shared'],
})

afterAll(async () => {
  const redis = new Redis(url)
  const keys = await redis.keys(`${run}-*`)
  if (keys.length > 0) await redis.del(...keys)
  redis.disconnect()
})
