import { Event, isCancelled, shield } from 'corral'
import { closed } from '../closed.ts'
import { HomeContext, nameResource, RingBuffer } from 'corral/lowlevel'
import { DatabaseError } from '../errors.ts'
import type { QueryLog } from '../query-log.ts'
import { Claim, Job } from './job.ts'
import { sqliteError } from './sqlite-error.ts'
import { SqliteWorker } from './sqlite-worker.ts'
import { maxBatch } from './worker/protocol.ts'
import type { Outcome, SqliteFailure, WorkerSettings } from './worker/protocol.ts'

export interface DispatcherOptions {
  readonly settings: WorkerSettings
  /**
   * A process can be killed, and with it the statement it runs; its other statements are run again by another worker.
   */
  readonly inProcess: boolean
  readonly max: number
  /** In one transaction, or each on its own. */
  readonly mode: 'group' | 'each'
  readonly log: QueryLog
}

/** After how long the statements behind a slow one move to other workers, in milliseconds. */
const slow = 10
/** A statement that crashes a worker this often is not run again. */
const maxLosses = 2

/**
 * Assigns statements to workers in order of arrival. Those of one turn of the event loop travel together, and so do
 * those that arrive while all workers are busy: a message costs more than a statement, and a commit more than a
 * hundred.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions
  readonly #home = new HomeContext()
  readonly #line = new RingBuffer<Job | Claim>()
  /** To be served before the queue: they have already waited. */
  readonly #returned: Job[] = []
  #first: Job | Claim | undefined
  readonly #workers = new Set<SqliteWorker>()
  readonly #idle: SqliteWorker[] = []
  readonly #claimed = new Set<SqliteWorker>()
  /** A worker has become idle, or has ended. */
  readonly #settled = new Event()
  /** How many have ever come. */
  #entered = 0
  /** How many wait, here and in the queue. */
  #waiting = 0
  #starting = 0
  /** How many workers in a row have ended before they had opened the file. */
  #failedStarts = 0
  #scheduled = false
  #closed = false

  constructor(options: DispatcherOptions) {
    this.#options = options
    nameResource('openSqlite', this, { name: 'sqlite' })
  }

  /** How many workers there may be. */
  get max(): number {
    return this.#options.max
  }

  /** Number of workers, including those being started. */
  get size(): number {
    return this.#workers.size
  }

  get idle(): number {
    return this.#idle.length
  }

  /** How many are busy or reserved. */
  get busy(): number {
    return this.#workers.size - this.#idle.length - this.#starting
  }

  get waiting(): number {
    return this.#waiting
  }

  /**
   * Runs a statement on whichever worker is free.
   *
   * Cancellation: leaves the queue; a running statement is stopped if its worker is a process, otherwise waited for.
   */
  async run(job: Job): Promise<Outcome> {
    this.#enter(job)
    try {
      await job.ended()
    } catch (error) {
      if (!isCancelled(error)) throw error
      if (job.stage === 'queued') this.#leave(job)
      else if (job.worker !== undefined) await shield(() => job.worker?.stop(job))
      throw error
    }
    if (job.reply === undefined) throw job.error
    return job.reply
  }

  /** Reserves a worker until `release`. */
  async claim(): Promise<SqliteWorker> {
    const claim = new Claim(this)
    this.#enter(claim)
    try {
      await claim.ended()
    } catch (error) {
      if (!isCancelled(error)) throw error
      this.#leave(claim)
      throw error
    }
    if (claim.reply === undefined) throw claim.error
    return claim.reply
  }

  release(worker: SqliteWorker): void {
    if (!this.#claimed.delete(worker)) return
    this.#free(worker)
  }

  /** Rejects queued statements, waits for running ones, and ends the workers. Run under a shield. */
  async close(): Promise<void> {
    this.#closed = true
    for (let entry = this.#next(); entry; entry = this.#next()) entry.fail(closed())
    while (this.#workers.size > 0) {
      for (const worker of this.#idle.splice(0)) await worker.close()
      this.#settled.clear()
      if (this.#workers.size > 0 && this.#idle.length === 0) await this.#settled.wait()
    }
  }

  get [Symbol.toStringTag](): string {
    return this.#options.mode === 'group' ? 'SQLite writer' : 'SQLite readers'
  }

  #enter(entry: Job | Claim): void {
    if (this.#closed) {
      entry.fail(closed())
      return
    }
    entry.order = this.#entered += 1
    this.#line.push(entry)
    this.#waiting += 1
    if (this.#scheduled) return
    this.#scheduled = true
    // Once everything that runs in this turn has queued its statements.
    process.nextTick(() => this.#pump())
  }

  #leave(entry: Job | Claim): void {
    if (entry.stage !== 'queued') return
    entry.stage = 'over'
    this.#waiting -= 1
  }

  #pump(): void {
    this.#scheduled = false
    while (this.#waiting > 0) {
      const worker = this.#idle.pop()
      if (worker === undefined) break
      const entry = this.#next() as Job | Claim
      if (entry instanceof Claim) {
        this.#claimed.add(worker)
        entry.grant(worker)
      } else {
        this.#send(worker, entry)
      }
    }
    while (this.#waiting > this.#starting && this.#workers.size < this.#options.max) this.#start()
  }

  /** The first one still waiting. */
  #peek(): Job | Claim | undefined {
    while (this.#first === undefined || this.#first.stage !== 'queued') {
      this.#first = this.#returned.shift() ?? this.#line.shift()
      if (this.#first === undefined) return undefined
    }
    return this.#first
  }

  #next(): Job | Claim | undefined {
    const entry = this.#peek()
    this.#first = undefined
    if (entry !== undefined) this.#waiting -= 1
    return entry
  }

  /** With those behind it, up to the next reservation; they are divided among the idle workers. */
  #send(worker: SqliteWorker, first: Job): void {
    const { mode } = this.#options
    const share = Math.ceil((this.#waiting + 1) / (this.#idle.length + 1))
    const most = Math.min(mode === 'group' ? maxBatch : share, maxBatch)
    const jobs = [first]
    while (jobs.length < most && this.#waiting > 0 && this.#peek() instanceof Job) {
      jobs.push(this.#next() as Job)
    }
    const id = worker.send(mode, jobs)
    if (mode === 'each' && jobs.length > 1 && this.#options.max > 1) {
      setTimeout(() => this.#giveAway(worker, id), slow).unref()
    }
  }

  /** No statement waits behind a slow one for longer than it would in the queue. */
  #giveAway(worker: SqliteWorker, id: number): void {
    this.#return(worker.withdraw(id))
  }

  #return(jobs: readonly Job[]): void {
    for (const job of jobs) {
      job.stage = 'queued'
      job.worker = undefined
      this.#returned.push(job)
      this.#waiting += 1
    }
    this.#pump()
  }

  #start(): void {
    const { settings, inProcess, log } = this.#options
    this.#starting += 1
    let opening: Job | undefined
    const since = this.#entered
    const worker = new SqliteWorker(inProcess, log, {
      idle: (worker) => {
        if (opening !== undefined) this.#starting -= 1
        const opened = opening?.reply
        this.#failedStarts = 0
        opening = undefined
        if (opened !== undefined && 'errcode' in opened) this.#refuse(worker, opened, since)
        else this.#free(worker)
      },
      gone: (worker, lost) => {
        if (opening === undefined) return this.#gone(worker, lost)
        this.#starting -= 1
        this.#failedStarts += 1
        // Otherwise it would be started over and over again.
        if (this.#failedStarts >= maxLosses) this.#next()?.fail(notStarted())
        this.#gone(worker, [])
      },
    })
    this.#workers.add(worker)
    opening = worker.open(settings)
  }

  #free(worker: SqliteWorker): void {
    // Busy, it comes again when it has nothing to do.
    if (this.#claimed.has(worker) || worker.busy || this.#idle.includes(worker)) return
    this.#idle.push(worker)
    this.#settled.set()
    this.#pump()
  }

  /** It could not open the file: the first in the queue gets the error, unless it came later, when all may be well. */
  #refuse(worker: SqliteWorker, failure: SqliteFailure, since: number): void {
    const first = this.#peek()
    if (first !== undefined && first.order <= since) {
      this.#next()?.fail(sqliteError('openSqlite', failure))
    }
    this.#home.spawn(
      this[Symbol.toStringTag],
      () => shield(() => worker.end()),
      () => {},
    )
  }

  #gone(worker: SqliteWorker, lost: readonly Job[]): void {
    this.#workers.delete(worker)
    this.#claimed.delete(worker)
    const place = this.#idle.indexOf(worker)
    if (place !== -1) this.#idle.splice(place, 1)
    this.#settled.set()
    const ended = lost.some((job) => job.cancelled)
    const again: Job[] = []
    for (const job of lost) {
      if (job.cancelled) job.fail(undefined)
      else if (this.#mayRepeat(job, ended)) again.push(job)
      else job.fail(this.#lost())
    }
    this.#return(again)
  }

  /** @param ended whether we ended the worker ourselves */
  #mayRepeat(job: Job, ended: boolean): boolean {
    if (!ended) job.losses += 1
    return !this.#closed && this.#options.mode === 'each' && job.losses < maxLosses
  }

  #lost(): DatabaseError {
    const code = this.#options.mode === 'group' ? 'COMMIT_UNKNOWN' : 'CONNECTION_LOST'
    return new DatabaseError(
      code,
      `Database: the ${this[Symbol.toStringTag]} ended while it worked`,
    )
  }
}

function notStarted(): DatabaseError {
  return new DatabaseError(
    'CONNECT',
    'Database: the process that reads SQLite cannot be started, or ended at once; pass isolation: "thread" where processes are not allowed',
  )
}
