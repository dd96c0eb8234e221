import { cancellable, mapConcurrent, MisuseError, shield } from 'corral'
import { AckPolicy, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream'
import type { Msg, NatsConnection } from '@nats-io/transport-node'
import { outcomeOfLoss } from '../state/outcome.ts'
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
import { again, deliveryOf, done, type Delivery } from './nats-delivery.ts'
import { tokenOf } from './nats-names.ts'
import { pull } from './nats-puller.ts'
import { recordOf, type NatsJob, type NatsOwner, type NatsRunOf } from './nats-record.ts'
import { NatsStates, type Stated } from './nats-states.ts'
import { NatsWorkers } from './nats-workers.ts'

/** After how long a message whose answer was lost is delivered again, in milliseconds. Who owns it is decided by the state. */
const ackWait = 30_000
/** Jobs that are read and written at the same time. */
const concurrency = 32

/** Jobs as messages of a work queue; what has become of each is a state that only one of many can replace. */
export class NatsStore extends RefusingStore implements JobStore {
  override readonly name = 'jetstreamStore'
  override readonly capabilities: ReadonlySet<Capability> = new Set(capabilitiesOf.jetstreamStore)
  readonly pace: number = 1000
  readonly #connection: NatsConnection
  readonly #client: JetStreamClient
  readonly #manager: JetStreamManager
  readonly #prefix: string
  readonly #states: NatsStates
  readonly #workers: NatsWorkers
  readonly #hints = new Hints()
  readonly #consumers = new Set<string>()
  /** When jobs may begin that this process was given too early, by id. */
  readonly #later = new Map<string, number>()

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
    if (tx !== undefined)
      throw new MisuseError('jetstreamStore.add: it has no transactions; leave out tx')
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

  async claim({ worker, claim, sources, room }: ClaimRequest): Promise<Claimed> {
    const jobs: ClaimedJob[] = []
    if (!(await this.#workers.isKnown(worker))) return { jobs, again: Infinity }
    for (const { queue, kind } of sources) {
      if (jobs.length >= room) break
      const consumer = await this.#consumer(queue, kind)
      const stream = `${this.#prefix}-jobs`
      const messages = await pull(this.#connection, stream, consumer, room - jobs.length)
      const known = new Set((await this.#workers.all()).map(({ id }) => id))
      const taken = await mapConcurrent(
        messages,
        (message) => this.#take(message, worker, claim, known),
        { concurrency },
      )
      jobs.push(...taken.filter((job) => job !== undefined))
    }
    return { jobs, again: Infinity }
  }

  async settle(outcomes: readonly Outcome[], tx?: unknown): Promise<readonly boolean[]> {
    if (tx !== undefined) throw new MisuseError('jetstreamStore.settle: it has no transactions')
    return await mapConcurrent(outcomes, (outcome) => this.#settle(outcome), { concurrency })
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
    const now = Date.now()
    for (const [id, at] of this.#later) if (at <= now) this.#later.delete(id)
    return Promise.resolve(Math.min(...this.#later.values(), Infinity) - now)
  }

  async workers(): Promise<readonly WorkerView[]> {
    const owners = (await this.#runs()).map(({ value }) => value.owner?.worker)
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

  /** Makes what was delivered the worker's, if nobody else has it. */
  async #take(
    message: Msg,
    worker: string,
    claim: string,
    known: ReadonlySet<string>,
  ): Promise<ClaimedJob | undefined> {
    const delivery = deliveryOf(message)
    const key = `job.${delivery.seq}`
    const { value, revision } = (await this.#states.get<NatsRunOf>(key)) ?? first(message, delivery)
    const { owner, over, begin, job, addedAt } = value
    if (over) return void (await this.#end(key, delivery.reply))
    if (owner !== undefined) {
      // Its answer was lost, or is still to come; one that nobody has any more is as good as reclaimed.
      if (known.has(owner.worker)) this.#answer(delivery.reply, again(ackWait / 6))
      else await this.#lose(key, { value, revision }, delivery.reply)
      return undefined
    }
    const wait = Math.max(addedAt + (value.run === 0 ? job.delay : 0), begin) - Date.now()
    if (wait > 0) {
      this.#later.set(key, Date.now() + wait)
      this.#answer(delivery.reply, again(wait))
      return undefined
    }
    const mine: NatsOwner = { worker, claim, startedAt: Date.now(), reply: delivery.reply }
    const run = { ...value, run: value.run + 1, attempt: value.attempt + 1, owner: mine }
    if (!(await this.#states.put(key, run, revision))) return undefined
    this.#later.delete(key)
    return { ...recordOf(String(delivery.seq), run), claim }
  }

  async #settle(outcome: Outcome): Promise<boolean> {
    const key = `job.${outcome.id}`
    const found = await this.#states.get<NatsRunOf>(key)
    if (found?.value.owner?.claim !== outcome.claim) return false
    return await this.#move(key, found, outcome, found.value.owner.reply)
  }

  /** The state is what counts; the answer to the server follows, and is given again where it was lost. */
  async #move(
    key: string,
    { value, revision }: Stated<NatsRunOf>,
    { to, failures = value.failures, refund, delay, result }: Outcome,
    reply: string,
  ): Promise<boolean> {
    const back = to === 'ready' || to === 'later'
    const begin = to === 'later' ? Date.now() + delay : 0
    const attempt = value.attempt - Number(refund)
    const moved = { ...value, failures, attempt, owner: undefined, begin, over: !back }
    if (!(await this.#states.put(key, moved, revision))) return false
    if (back) {
      this.#answer(reply, again(to === 'later' ? delay : 0))
      if (to === 'later') this.#later.set(key, begin)
      this.#tell('ready')
      return true
    }
    if (to === 'dead') {
      const { queue, kind } = value.job
      const dead = JSON.stringify({ id: key.slice(4), ...value.job, failures, result })
      await this.#client.publish(this.#subject('dead', queue, kind), dead, { msgID: key })
    }
    await this.#end(key, reply)
    this.#tell('ended')
    return true
  }

  async #end(key: string, reply: string): Promise<void> {
    await cancellable(this.#connection.request(reply, done))
    await this.#states.remove(key)
  }

  async #lose(key: string, run: Stated<NatsRunOf>, reply: string): Promise<boolean> {
    const { owner } = run.value
    const claimed = { ...recordOf(key.slice(4), run.value), claim: owner?.claim ?? '' }
    return await this.#move(key, run, outcomeOfLoss(claimed, Date.now()), reply)
  }

  async #leave(dead: ReadonlySet<string>): Promise<number> {
    const known = new Set((await this.#workers.all()).map(({ id }) => id))
    let jobs = 0
    for (const { key, ...run } of await this.#runs()) {
      const { owner } = run.value
      if (owner === undefined || (known.has(owner.worker) && !dead.has(owner.worker))) continue
      if (await this.#lose(key, run, owner.reply)) jobs += 1
    }
    for (const id of dead) await this.#workers.forget(id)
    return jobs
  }

  /** Jobs that were claimed and have not ended. */
  async #runs(): Promise<readonly (Stated<NatsRunOf> & { readonly key: string })[]> {
    const keys = await this.#states.keys('job')
    const runs = await mapConcurrent(
      keys,
      async (key) => {
        const found = await this.#states.get<NatsRunOf>(key)
        return found === undefined ? undefined : { ...found, key }
      },
      { concurrency },
    )
    return runs.filter((run) => run !== undefined)
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

  #answer(reply: string, answer: string): void {
    this.#connection.publish(reply, answer)
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

/** A job that was never claimed. */
function first(message: Msg, { at }: Delivery): Stated<NatsRunOf> {
  const job = message.json<NatsJob>()
  const run = { run: 0, attempt: 0, failures: [], owner: undefined, begin: 0, over: false }
  return { value: { ...run, job, addedAt: at }, revision: 0 }
}
