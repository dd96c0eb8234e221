import { cancellable, mapConcurrent, shield } from 'corral'
import { AckPolicy, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { requireCapability, type Capability } from '../store/capability.ts'
import { capabilitiesOf } from '../store/capabilities-of.ts'
import { Hints } from '../store/hints.ts'
import { countsOf } from '../store/stats.ts'
import type { Claimed, ClaimRequest, Hint, JobStore, Membership } from '../store/job-store.ts'
import { RefusingStore } from '../store/refusing-store.ts'
import type {
  Added,
  ClaimedJob,
  NewJob,
  Outcome,
  QueueStats,
  WorkerRecord,
  WorkerView,
} from '../store/records.ts'
import { tokenOf } from './nats-names.ts'
import { pull } from './nats-puller.ts'
import type { NatsJob } from './nats-record.ts'
import { ackWait, concurrency, NatsRuns } from './nats-runs.ts'
import { NatsStates } from './nats-states.ts'
import { NatsWorkers } from './nats-workers.ts'

/** Jobs as messages of a work queue; what has become of each is a state that only one of many can replace. */
export class NatsStore extends RefusingStore implements JobStore {
  override readonly name = 'jetstreamStore'
  override readonly capabilities: ReadonlySet<Capability> = new Set(capabilitiesOf.jetstreamStore)
  readonly pace: number = 500
  readonly #connection: NatsConnection
  readonly #client: JetStreamClient
  readonly #manager: JetStreamManager
  readonly #prefix: string
  readonly #states: NatsStates
  readonly #runs: NatsRuns
  readonly #workers: NatsWorkers
  readonly #hints = new Hints()
  readonly #consumers = new Set<string>()

  private constructor(
    connection: NatsConnection,
    client: JetStreamClient,
    manager: JetStreamManager,
    server: string,
    prefix: string,
  ) {
    super()
    this.#connection = connection
    this.#client = client
    this.#manager = manager
    this.#prefix = prefix
    this.#states = new NatsStates(client, manager, prefix)
    this.#runs = new NatsRuns(connection, client, this.#states, prefix)
    this.#workers = new NatsWorkers(this.#states, server, prefix)
    connection.subscribe(`${prefix}.hint`, {
      callback: (_, message) => this.#hints.tell(message.string() as Hint['about']),
    })
  }

  static async open(
    connection: NatsConnection,
    client: JetStreamClient,
    manager: JetStreamManager,
    server: string,
    prefix: string,
  ): Promise<NatsStore> {
    const store = new NatsStore(connection, client, manager, server, prefix)
    await cancellable(connection.flush())
    return store
  }

  async add(jobs: readonly NewJob[], tx?: unknown): Promise<readonly Added[]> {
    this.refuseTransaction('add', tx)
    for (const job of jobs) this.#requireAble(job)
    // The order of a batch is that in which it is sent.
    const sent = jobs.map(({ queue, kind, attempts, delay, payload }) => {
      const job: NatsJob = { queue, kind, attempts, delay, payload }
      return this.#client.publish(this.#subject('job', queue, kind), JSON.stringify(job))
    })
    const added: Added[] = []
    for (const ack of sent) added.push({ id: String((await ack).seq), existing: false })
    this.#tell('ready')
    return added
  }

  async claim({ worker, claim, sources, room, retry = false }: ClaimRequest): Promise<Claimed> {
    const jobs: ClaimedJob[] = []
    if (!(await this.#workers.isKnown(worker))) return { jobs, again: Infinity }
    if (retry) jobs.push(...(await this.#runs.of(claim)))
    for (const { queue, kind } of sources) {
      if (jobs.length >= room) break
      const consumer = await this.#consumer(queue, kind)
      const stream = `${this.#prefix}-jobs`
      const messages = await pull(this.#connection, stream, consumer, room - jobs.length)
      const known = new Set((await this.#workers.all()).map(({ id }) => id))
      const taken = await mapConcurrent(
        messages,
        (message) => this.#runs.take(message, worker, claim, known),
        { concurrency },
      )
      jobs.push(...taken.filter((job) => job !== undefined))
    }
    return { jobs, again: Infinity }
  }

  async settle(outcomes: readonly Outcome[], tx?: unknown): Promise<readonly boolean[]> {
    this.refuseTransaction('settle', tx)
    const settle = (outcome: Outcome): Promise<boolean> => this.#runs.settle(outcome)
    const settled = await mapConcurrent(outcomes, settle, { concurrency })
    this.#tell('any')
    return settled
  }

  async join(worker: WorkerRecord): Promise<Membership> {
    const { id } = worker
    const heart = await this.#workers.join(worker)
    return {
      lost: heart.lost,
      asked: async () => {
        if (!(await this.#workers.isKnown(id))) heart.lost.set()
        return []
      },
      crash: () => heart.stop(),
      [Symbol.asyncDispose]: () =>
        shield(async () => {
          await heart.stop()
          await this.#leave(new Set([id]))
        }),
    }
  }

  async reclaim(isDead: (worker: WorkerView) => boolean): Promise<number> {
    const workers = await this.workers()
    return await this.#leave(new Set(workers.filter(isDead).map(({ id }) => id)))
  }

  /** The server delivers what was delayed by itself. */
  advance(): Promise<number> {
    return Promise.resolve(this.#runs.soonest())
  }

  async workers(): Promise<readonly WorkerView[]> {
    const owners = (await this.#runs.all()).map(({ value }) => value.owner?.worker)
    return (await this.#workers.all()).map((worker) => {
      const running = owners.filter((owner) => owner === worker.id).length
      return { ...worker, patience: worker.lease, running }
    })
  }

  async stats(): Promise<readonly QueueStats[]> {
    const queues = new Map<string, [ready: number, running: number]>()
    for await (const { name, num_pending, num_ack_pending } of this.#manager.consumers.list(
      `${this.#prefix}-jobs`,
    )) {
      const queue = decodeURIComponent(name.split('~', 1)[0] ?? '')
      const [ready, running] = queues.get(queue) ?? [0, 0]
      queues.set(queue, [ready + num_pending, running + num_ack_pending])
    }
    return [...queues].map(([queue, [ready, running]]) => {
      const counts = countsOf([
        ['ready', ready],
        ['running', running],
      ])
      return { queue, paused: false, limit: undefined, counts, oldest: 0 }
    })
  }

  hints(): AsyncGenerator<Hint, void> {
    return this.#hints.listen()
  }

  list(): never {
    return this.refuse('list', 'browse')
  }
  retry(): never {
    return this.refuse('retry', 'browse')
  }
  cancel(): never {
    return this.refuse('cancel', 'cancel')
  }
  progress(): never {
    return this.refuse('progress', 'progress')
  }
  setQueue(): never {
    return this.refuse('setQueue', 'pause')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close()
  }

  async #leave(dead: ReadonlySet<string>): Promise<number> {
    const known = (await this.#workers.all()).map(({ id }) => id)
    const jobs = await this.#runs.leave(new Set(known.filter((id) => !dead.has(id))))
    for (const id of dead) await this.#workers.forget(id)
    if (jobs > 0) this.#tell('ready')
    return jobs
  }

  async #consumer(queue: string, kind: string): Promise<string> {
    const name = `${tokenOf(queue)}~${tokenOf(kind)}`
    if (this.#consumers.has(name)) return name
    await this.#manager.consumers.add(`${this.#prefix}-jobs`, {
      durable_name: name,
      filter_subject: this.#subject('job', queue, kind),
      ack_policy: AckPolicy.Explicit,
      ack_wait: ackWait * 1e6,
      max_deliver: -1,
      max_ack_pending: -1,
    })
    this.#consumers.add(name)
    return name
  }

  #subject(stream: string, queue: string, kind: string): string {
    return `${this.#prefix}.${stream}.${tokenOf(queue)}.${tokenOf(kind)}`
  }

  #tell(about: Hint['about']): void {
    this.#connection.publish(`${this.#prefix}.hint`, about)
  }

  #requireAble({ limit, limitKey, after, expires, unique, priority }: NewJob): void {
    const needs: readonly (readonly [Capability, boolean])[] = [
      ['unique', unique !== undefined],
      ['priority', priority !== 0],
      ['limits', (limit ?? limitKey) !== undefined],
      ['flows', after.length > 0],
      ['expires', expires !== undefined],
    ]
    for (const [capability, needed] of needs) {
      if (needed) requireCapability('JobStore.add', this, capability, 'the job')
    }
  }
}
