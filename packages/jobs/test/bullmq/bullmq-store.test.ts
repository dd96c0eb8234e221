import { Redis } from 'ioredis'
import { run } from 'corral'
import { afterAll, describe, expect, it } from 'vitest'
import { bullmqStore } from '../../src/bullmq.ts'
import type { StoreFactory } from '../../src/index.ts'
import { capabilitiesOf } from '../../src/store/capabilities-of.ts'
import { jobsConformance } from '../conformance/jobs-conformance.ts'
import { newJob, storeConformance } from '../conformance/store-conformance.ts'
import { testServer } from '../test-server.ts'

const url = await testServer('CORRAL_TEST_REDIS', 'redis', 6379)
const mine = `corral-test-${process.pid}`
let stores = 0

const fresh = (): StoreFactory =>
  bullmqStore(url ?? '', { durability: 'none', prefix: `${mine}-${(stores += 1)}` })

describe.runIf(url !== undefined)('bullmqStore', () => {
  const { bullmqStore: capabilities } = capabilitiesOf
  storeConformance('BullMQ', { fresh, capabilities })
  jobsConformance('BullMQ', { fresh, capabilities, within: (fn) => run(fn) })

  it('refuses a Redis that promises less than what was asked for, by name', async () => {
    const redis = new Redis(url ?? '')
    const [, appendonly] = await redis.config('GET', 'appendonly')
    redis.disconnect()
    const opening = bullmqStore(url ?? '', { durability: 'always', prefix: mine }).open()
    await expect(opening).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining(
        appendonly === 'yes' ? 'appendfsync' : '(appendonly no)',
      ) as string,
    })
  })

  it('refuses what it has not by the name of the capability', async () => {
    await using store = await fresh().open()
    const limit = { concurrency: 1, rate: undefined }
    for (const [patch, name] of [
      [{ limit, limitKey: 'a' }, 'limits'],
      [{ after: ['1'] }, 'flows'],
      [{ expires: 10 }, 'expires'],
    ] as const) {
      await expect(store.add([newJob(patch)])).rejects.toThrow(`has no "${name}"`)
    }
    await expect(store.setQueue('mail', { limit })).rejects.toThrow('has no "limits"')
    expect(() => store.schedules()).toThrow('has no "cron"')
    expect(() => store.steps('1')).toThrow('has no "steps"')
  })

  afterAll(async () => {
    const redis = new Redis(url ?? '')
    const keys = await redis.keys(`${mine}-*`)
    for (let i = 0; i < keys.length; i += 1000) await redis.del(...keys.slice(i, i + 1000))
    redis.disconnect()
  })
})
