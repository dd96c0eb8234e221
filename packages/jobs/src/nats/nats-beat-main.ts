import { workerData } from 'node:worker_threads'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { beatForEver } from '../worker/beat.ts'
import type { Pulse } from '../worker/heart.ts'
import { NatsStates } from './nats-states.ts'
import { tokenOf } from './nats-names.ts'

const { id, server, prefix, every } = workerData as Pulse & {
  readonly server: string
  readonly prefix: string
}

const options = { timeout: Math.max(200, every) }
const connection = await connect({ servers: server, maxReconnectAttempts: -1 })
const manager = await jetstreamManager(connection, options)
const states = new NatsStates(jetstream(connection, options), manager, prefix)
const key = `worker.${tokenOf(id)}`

beatForEver(async () => {
  const found = await states.get<{ readonly beats: number }>(key)
  if (found === undefined) return false
  const { value, revision } = found
  await states.put(key, { ...value, beats: value.beats + 1 }, revision)
  return true
})
