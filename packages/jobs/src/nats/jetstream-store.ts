import { cancellable } from 'corral'
import {
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  type JetStreamManager,
} from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { JobsError } from '../errors.ts'
import type { JobStore, StoreFactory } from '../store/job-store.ts'
import { NatsStore } from './nats-store.ts'

export interface JetstreamOptions {
  /** What the streams are called, and their subjects begin with. Default 'corral'. */
  readonly prefix?: string
  /** On how many servers of a cluster each job is kept. Default 1. */
  readonly replicas?: number
}

/**
 * Jobs in JetStream of NATS: a work queue with delays, retries and workers that may die, and no more. Each handler of each queue
 * is a consumer. Jobs that are dead stand in the stream `corral-dead`. The server decides when it writes to its disk
 * (`sync_interval`, two minutes unless it is configured): until then a power cut takes along what is on one server only.
 *
 * @param server such as `nats://127.0.0.1:4222`
 * @example
 * await using jobs = await openJobs(jetstreamStore('nats://127.0.0.1:4222'))
 */
export function jetstreamStore(server: string, options: JetstreamOptions = {}): StoreFactory {
  const { prefix = 'corral', replicas = 1 } = options
  return {
    name: 'jetstreamStore',
    async open(): Promise<JobStore> {
      const connection = await cancellable(connect({ servers: server, maxReconnectAttempts: -1 }))
      try {
        const manager = await cancellable(jetstreamManager(connection))
        await cancellable(setUp(manager, prefix, replicas))
        return await NatsStore.open(connection, jetstream(connection), manager, server, prefix)
      } catch (error) {
        await connection.close()
        if ((error as Error).name !== 'JetStreamNotEnabled') throw error
        throw new JobsError(
          'UNSUPPORTED',
          'jetstreamStore: the server keeps no streams; start it with JetStream (-js)',
          { cause: error },
        )
      }
    },
  }
}

async function setUp(manager: JetStreamManager, prefix: string, replicas: number): Promise<void> {
  const common = { num_replicas: replicas }
  await manager.streams.add({
    ...common,
    name: `${prefix}-jobs`,
    subjects: [`${prefix}.job.>`],
    retention: RetentionPolicy.Workqueue,
  })
  await manager.streams.add({
    ...common,
    name: `${prefix}-state`,
    subjects: [`${prefix}.state.>`],
    max_msgs_per_subject: 1,
    allow_direct: true,
  })
  await manager.streams.add({ ...common, name: `${prefix}-dead`, subjects: [`${prefix}.dead.>`] })
}
