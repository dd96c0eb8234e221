import { isCancelled, moveOnAfter, shield } from 'corral'
import { nameResource } from 'corral/lowlevel'
import type { QueryLog } from '../query-log.ts'
import { Job } from './job.ts'
import { openProcess, openThread } from './worker-host.ts'
import type { WorkerHost } from './worker-host.ts'
import { begun, cellOf, maxBatch, unwanted } from './worker/protocol.ts'
import type { Outcome, PackedStatement, Reply, Request, WorkerSettings } from './worker/protocol.ts'

/** How long a cancelled statement may continue before its process is killed, in milliseconds. */
const patience = 10

interface Batch {
  readonly jobs: readonly Job[]
  /** How many have an outcome. */
  answered: number
}

type Asked<R = Request> = R extends Request ? Omit<R, 'id'> : never

/** The callbacks of a worker. */
export interface WorkerListener {
  /** It has nothing to do. */
  idle(worker: SqliteWorker): void
  /** It has ended, and these jobs have no outcome. */
  gone(worker: SqliteWorker, lost: readonly Job[]): void
}

/** A thread or process with one connection, and its jobs. */
export class SqliteWorker {
  alive = true
  /** A transaction is open there. */
  inTransaction = false
  readonly #host: WorkerHost
  readonly #log: QueryLog
  readonly #listener: WorkerListener
  readonly #batches = new Map<number, Batch>()
  readonly #cells: Int32Array<SharedArrayBuffer> | undefined
  #lastId = 0

  constructor(inProcess: boolean, log: QueryLog, listener: WorkerListener) {
    nameResource('openSqlite', this, { name: 'sqlite' })
    this.#log = log
    this.#listener = listener
    const host = {
      reply: (reply: Reply) => this.#take(reply),
      gone: () => this.#gone(),
    }
    this.#host = inProcess ? openProcess(host) : openThread(host)
    if (!inProcess) this.#cells = new Int32Array(new SharedArrayBuffer(4 * 2 * maxBatch))
  }

  /** It works on something. */
  get busy(): boolean {
    return this.#batches.size > 0
  }

  open(settings: WorkerSettings): Job {
    return this.ask({ op: 'open', settings: { ...settings, cells: this.#cells } })
  }

  /** @param op how the jobs are run, `maxBatch` at most */
  send(op: 'each' | 'group' | 'alone', jobs: readonly Job[]): number {
    const texts: string[] = []
    const places = new Map<string, number>()
    const statements = jobs.map((job, place): PackedStatement => {
      job.stage = 'sent'
      job.worker = this
      job.cell = cellOf(this.#lastId + 1, place)
      job.shared = op !== 'alone'
      if (this.#cells !== undefined) Atomics.store(this.#cells, job.cell, 0)
      let text = places.get(job.text)
      if (text === undefined) places.set(job.text, (text = texts.push(job.text) - 1))
      return [text, ...job.values]
    })
    return this.#post({ op, texts, statements }, jobs)
  }

  ask(request: Asked): Job {
    const job = new Job(this, request.op)
    job.stage = 'sent'
    job.worker = this
    this.#post(request, [job])
    return job
  }

  /** Takes back the jobs that it has not started. */
  withdraw(id: number): Job[] {
    const batch = this.#batches.get(id)
    if (batch === undefined) return []
    const from = batch.answered + 1
    this.#host.post({ op: 'withdraw', id, from })
    return batch.jobs.slice(from).filter((job) => job.stage === 'sent' && !job.cancelled)
  }

  /**
   * Waits for the outcome of a job.
   *
   * Cancellation: returns when the statement has stopped: a process is killed, a thread waited for.
   */
  async outcomeOf(job: Job, onCancel: 'stop' | 'finish' = 'stop'): Promise<Outcome> {
    try {
      await job.ended()
    } catch (error) {
      if (!isCancelled(error)) throw error
      await shield(() => (onCancel === 'stop' ? this.stop(job) : job.ended()))
      if (onCancel === 'stop') throw error
    }
    if (job.reply === undefined) throw job.error
    return job.reply
  }

  /** Stops a job that it has: returns when it has stopped, or will never begin. Run under a shield. */
  async stop(job: Job): Promise<void> {
    this.#log.cancels += 1
    job.cancelled = true
    if (!this.#host.stoppable) {
      if (!this.#cancelCell(job) && job.shared) return job.fail(undefined)
      return await job.ended()
    }
    const { timedOut } = await moveOnAfter(patience, () => job.ended())
    if (timedOut && !job.done) await this.end()
  }

  /** Ends it at once, whatever it is doing. Run under a shield. */
  async end(): Promise<void> {
    if (this.alive) this.#log.destroyed += 1
    this.alive = false
    await this.#host.end()
  }

  /** Ends it after it has closed its file. Run under a shield. */
  async close(): Promise<void> {
    if (this.alive) await this.ask({ op: 'close' }).ended()
    this.alive = false
    await this.#host.end()
  }

  get [Symbol.toStringTag](): string {
    return `SQLite ${this.#host.stoppable ? 'process' : 'thread'}`
  }

  #post(request: Asked, jobs: readonly Job[]): number {
    const id = (this.#lastId += 1)
    if (this.#batches.size === 0) this.#host.keepAlive(true)
    this.#batches.set(id, { jobs, answered: 0 })
    this.#host.post({ ...request, id })
    return id
  }

  #take({ id, from, outcomes, open }: Reply): void {
    this.inTransaction = open
    const batch = this.#batches.get(id)
    if (batch === undefined) return
    for (const [i, outcome] of outcomes.entries()) {
      const job = batch.jobs[from + i]
      if (job !== undefined && this.#has(job)) job.settle(outcome) // another may have it by now
    }
    batch.answered = from + outcomes.length
    if (batch.answered < batch.jobs.length && batch.jobs.some((job) => this.#has(job))) return
    this.#batches.delete(id)
    // Being killed, it may still answer; it is nobody's then, and its end is waited for.
    if (this.#batches.size > 0 || !this.alive) return
    this.#host.keepAlive(false)
    this.#listener.idle(this)
  }

  #gone(): void {
    this.alive = false
    const jobs = [...this.#batches.values()].flatMap((batch) => batch.jobs)
    this.#batches.clear()
    this.#listener.gone(
      this,
      jobs.filter((job) => this.#has(job)),
    )
  }

  /** Whether it had begun. */
  #cancelCell({ cell }: Job): boolean {
    if (this.#cells === undefined || cell === undefined) return true
    return (Atomics.or(this.#cells, cell, unwanted) & begun) !== 0
  }

  #has(job: Job): boolean {
    return job.worker === this && job.stage === 'sent'
  }
}
