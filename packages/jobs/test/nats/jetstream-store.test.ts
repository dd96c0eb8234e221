import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { run } from 'corral'
import { afterAll, describe, expect, it } from 'vitest'
import { jetstreamStore } from '../../src/nats.ts'
import type { StoreFactory } from '../../src/index.ts'
import { capabilitiesOf } from '../../src/store/capabilities-of.ts'
import { jobsConformance } from '../conformance/jobs-conformance.ts'
import { newJob, storeConformance } from '../conformance/store-conformance.ts'
import { testServer } from '../test-server.ts'

const url = await testServer('CORRAL_TEST_NATS', 'nats', 4222)
const mine = `corral-test-${process.pid}`
let stores = 0

const fresh = (): StoreFactory => jetstreamStore(url ?? '', { prefix: `${mine}-${(stores += 1)}` })

describe.runIf(url !== undefined)('jetstreamStore', () => {
  const { jetstreamStore: capabilities } = capabilitiesOf
  storeConformance('JetStream', { fresh, capabilities })
  jobsConformance('JetStream', { fresh, capabilities, within: (fn) => run(fn) })

  it('refuses what it has not by the name of the capability', async () => {
    await using store = await fresh().open()
    const limit = { concurrency: 1, rate: undefined }
    for (const [patch, name] of [
      [{ unique: 'a' }, 'unique'],
      [{ priority: 1 }, 'priority'],
      [{ limit, limitKey: 'a' }, 'limits'],
      [{ after: ['1'] }, 'flows'],
      [{ expires: 10 }, 'expires'],
    ] as const) {
      await expect(store.add([newJob(patch)])).rejects.toThrow(`has no "${name}"`)
    }
    for (const [call, name] of [
      [() => store.list({}), 'browse'],
      [() => store.retry({}), 'browse'],
      [() => store.cancel('1'), 'cancel'],
      [() => store.progress('1', '', ''), 'progress'],
      [() => store.setQueue('mail', {}), 'pause'],
      [() => store.schedules(), 'cron'],
      [() => store.steps('1'), 'steps'],
    ] as const) {
      expect(call).toThrow(`has no "${name}"`)
    }
  })

  it('puts what is dead into a stream of its own', async () => {
    const prefix = `${mine}-${(stores += 1)}`
    await using store = await jetstreamStore(url ?? '', { prefix }).open()
    await using _ = await store.join({ id: 'w', host: 'here', pid: 1, lease: 60_000 })
    await store.add([newJob({ payload: '{"n":1}' })])
    const sources = [{ queue: 'mail', kind: 'mail' }]
    const { jobs } = await store.claim({ worker: 'w', claim: 'c', sources, room: 1 })
    const outcome = { refund: false, delay: 0, result: undefined, failures: undefined, keep: 1 }
    await store.settle(
      jobs.map(({ id, claim }) => ({ ...outcome, id, claim, to: 'dead' as const })),
    )
    const connection = await connect({ servers: url ?? '' })
    const manager = await jetstreamManager(connection)
    const found = await manager.streams.getMessage(`${prefix}-dead`, {
      last_by_subj: `${prefix}.dead.mail.mail`,
    })
    expect(found?.json()).toMatchObject({ id: jobs[0]?.id, kind: 'mail', payload: '{"n":1}' })
    await connection.close()
  })

  afterAll(async () => {
    const connection = await connect({ servers: url ?? '' })
    const manager = await jetstreamManager(connection)
    for (let i = 1; i <= stores; i++) {
      for (const name of ['jobs', 'state', 'dead']) {
        await manager.streams.delete(`${mine}-${i}-${name}`).catch(() => false)
      }
    }
    await connection.close()
  })
})
