import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { afterAll } from 'vitest'
import { jetstreamStore } from '../../src/nats.ts'
import { storeConformance } from '../conformance/store-conformance.ts'

const url = process.env['CORRAL_TEST_NATS'] ?? 'nats://127.0.0.1:4222'
const run = `corral-test-${process.pid}`
let stores = 0

storeConformance('JetStream', {
  fresh: () => jetstreamStore(url, { prefix: `${run}-${(stores += 1)}` }),
  capabilities: ['delay', 'shared'],
})

afterAll(async () => {
  const connection = await connect({ servers: url })
  const manager = await jetstreamManager(connection)
  for (let i = 1; i <= stores; i++) {
    for (const name of ['jobs', 'state', 'dead']) {
      await manager.streams.delete(`${run}-${i}-${name}`).catch(() => false)
    }
  }
  await connection.close()
})
