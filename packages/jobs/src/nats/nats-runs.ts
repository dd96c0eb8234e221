import { cancellable, mapConcurrent } from 'corral'
import type { JetStreamClient } from '@nats-io/jetstream'
import type { Msg, NatsConnection } from '@nats-io/transport-node'
import { outcomeOfLoss } from '../state/outcome.ts'
import type { ClaimedJob, Outcome } from '../store/records.ts'
import { again, deliveryOf, done, type Delivery } from './nats-delivery.ts'
import { tokenOf } from './nats-names.ts'
import { recordOf, type NatsJob, type NatsOwner, type NatsRunOf } from './nats-record.ts'
import type { NatsStates, Stated } from './nats-states.ts'

/** After how long a message whose answer was lost is delivered again, in milliseconds. Who owns it is decided by the state. */
export const ackWait = 30_000
/** Jobs that are read and written at the same time. */
export const concurrency = 32

/** What has become of jobs that were delivered: states that only one of many can replace, and the answers to the server. */
export class NatsRuns {
  readonly #connection: NatsConnection
  readonly #client: JetStreamClient
  readonly #states: NatsStates
  readonly #prefix: string
  /** When jobs may begin that this process was given too early, by key. */
  readonly #later = new Map<string, number>()

  constructor(
    connection: NatsConnection,
    client: JetStreamClient,
    states: NatsStates,
    prefix: string,
  ) {
    this.#connection = connection
    this.#client = client
    this.#states = states
    this.#prefix = prefix
  }

  /** When the first of those may begin, in milliseconds from now. */
  soonest(): number {
    const now = Date.now()
    for (const [id, at] of this.#later) if (at <= now) this.#later.delete(id)
    return Math.min(...this.#later.values(), Infinity) - now
  }

  /** Makes what was delivered the worker's, if nobody else has it. */
  async take(
    message: Msg,
    worker: string,
    claim: string,
    known: ReadonlySet<string>,
  ): Promise<ClaimedJob | undefined> {
    const delivery = deliveryOf(message)
    const key = `job.${delivery.seq}`
    const { value, revision } = (await this.#states.get<NatsRunOf>(key)) ?? first(message, delivery)
    const { owner, over, begin, job, addedAt } = value
    if (over) {
      await this.#end(key, delivery.reply)
      return undefined
    }
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

  async settle(outcome: Outcome): Promise<boolean> {
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
      return true
    }
    if (to === 'dead') {
      const { queue, kind } = value.job
      const dead = JSON.stringify({ id: key.slice(4), ...value.job, failures, result })
      await this.#client.publish(`${this.#prefix}.dead.${tokenOf(queue)}.${tokenOf(kind)}`, dead, {
        msgID: key,
      })
    }
    await this.#end(key, reply)
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

  async leave(known: ReadonlySet<string>): Promise<number> {
    let jobs = 0
    for (const { key, ...run } of await this.all()) {
      const { owner } = run.value
      if (owner === undefined || known.has(owner.worker)) continue
      if (await this.#lose(key, run, owner.reply)) jobs += 1
    }
    return jobs
  }

  /** What a claim gave whose answer was lost. */
  async of(claim: string): Promise<readonly ClaimedJob[]> {
    const runs = await this.all()
    return runs
      .filter(({ value }) => value.owner?.claim === claim)
      .map(({ key, value }) => ({ ...recordOf(key.slice(4), value), claim }))
  }

  /** Jobs that were claimed and have not ended. */
  async all(): Promise<readonly (Stated<NatsRunOf> & { readonly key: string })[]> {
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

  #answer(reply: string, answer: string): void {
    this.#connection.publish(reply, answer)
  }
}

/** A job that was never claimed. */
function first(message: Msg, { at }: Delivery): Stated<NatsRunOf> {
  const job = message.json<NatsJob>()
  const run = { run: 0, attempt: 0, failures: [], owner: undefined, begin: 0, over: false }
  return { value: { ...run, job, addedAt: at }, revision: 0 }
}
