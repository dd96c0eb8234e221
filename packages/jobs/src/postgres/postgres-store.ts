import { randomBytes, randomUUID } from 'node:crypto'
import { Event, isCancelled, shield, sleep } from 'corral'
import { HomeContext } from 'corral/lowlevel'
import { openPostgres, sql } from '@corral/db'
import type { Database, Sql, Transaction } from '@corral/db'
import { workersOf } from '../sql/browsing.ts'
import { claimFree, sourceKey } from '../sql/claiming.ts'
import type { Floor } from '../sql/claiming.ts'
import { schema } from '../sql/schema.ts'
import { setUp } from '../sql/set-up.ts'
import { SqlStore } from '../sql/sql-store.ts'
import { capabilities } from '../store/capability.ts'
import type { Capability } from '../store/capability.ts'
import { Hints } from '../store/hints.ts'
import type { ClaimRequest, Hint, Membership, StoreFactory } from '../store/job-store.ts'
import type { ClaimedJob, WorkerRecord, WorkerView } from '../store/records.ts'
import { Heart } from '../worker/heart.ts'
import { Notifier } from './notifier.ts'
import { postgresDialect } from './postgres-dialect.ts'

export interface PostgresStoreOptions {
  /**
   * With a database of one's own: its URL, so that workers have a connection of their own for their signs of life. Without it the
   * event loop gives them, and a dead worker is known when its lease is over.
   */
  readonly url?: string
  /** How many connections there are at the most, when the store opens the database. Default 10. */
  readonly max?: number
}

/**
 * Jobs in PostgreSQL. With a `Database` of one's own, transactions of it can add and finish jobs; it stays open when the
 * jobs are closed.
 *
 * @param place a URL, or a database that `openPostgres` gave
 * @example
 * await using jobs = await openJobs(postgresStore('postgres://me:secret@localhost/shop'))
 */
export function postgresStore(
  place: string | Database,
  { url, max = 10 }: PostgresStoreOptions = {},
): StoreFactory {
  return {
    name: 'postgresStore',
    async open() {
      if (typeof place !== 'string') return await PostgresStore.open(place, url, false)
      const db = await openPostgres(place, { max, applicationName: 'corral jobs' })
      try {
        return await PostgresStore.open(db, place, true)
      } catch (error) {
        await db[Symbol.asyncDispose]()
        throw error
      }
    },
  }
}

const script = new URL(
  import.meta.url.endsWith('.ts') ? './beat-main.ts' : './beat-main.js',
  import.meta.url,
)

/** How long a worker may be silent whose connection is gone, in milliseconds. */
const patience = 1500
/** A claim that takes longer looks at much that is gone, in milliseconds. */
const slow = 20
/** How often all is looked at when claims are slow, in milliseconds. */
const rescan = 2000

/** The lock of a worker's connection is free, and it was there. */
const unlocked: Sql = sql`(w.lock is not null and not exists (
  select 1 from pg_locks l where l.locktype = 'advisory' and l.objsubid = 1
    and ((l.classid::bigint << 32) | l.objid::bigint) = w.lock))`

class PostgresStore extends SqlStore {
  readonly name = 'postgresStore'
  readonly pace: number = 500
  readonly capabilities: ReadonlySet<Capability> = new Set(capabilities)
  readonly #hints = new Hints()
  readonly #notifier: Notifier
  readonly #home = new HomeContext()
  readonly #url: string | undefined
  readonly #owned: boolean
  readonly #id: string
  /**
   * While somebody holds an old snapshot the index keeps what was claimed before, and a claim would walk over all of it: it begins
   * where the last one ended. What is ready before that is found by the next that looks at all.
   */
  readonly #floors = new Map<string, Floor>()
  #floorsUntil = 0

  constructor(db: Database, url: string | undefined, owned: boolean, id: string) {
    super(db, postgresDialect)
    this.#url = url
    this.#owned = owned
    this.#id = id
    this.#notifier = new Notifier(db, this.#hints, randomUUID())
  }

  static async open(db: Database, url: string | undefined, owned: boolean): Promise<PostgresStore> {
    return new PostgresStore(db, url, owned, await setUp(db, schema('postgres')))
  }

  async join(worker: WorkerRecord): Promise<Membership> {
    const { id, host, pid, lease } = worker
    await this.db.execute(
      sql`insert into corral_job_worker (id, host, pid, lease) values (${id}, ${host}, ${pid}, ${lease})`,
    )
    const heart = this.#url === undefined ? this.#beatHere(worker) : await this.#beat(worker)
    return {
      lost: heart.lost,
      asked: () => this.askedOf(id, heart.lost),
      crash: () => heart.stop(),
      [Symbol.asyncDispose]: () =>
        shield(async () => {
          await heart.stop()
          await this.leave(id)
        }),
    }
  }

  workers(): Promise<readonly WorkerView[]> {
    return workersOf(this.db, unlocked, ({ evidence, lease }) =>
      evidence ? Math.min(patience, Number(lease)) : Number(lease),
    )
  }

  hints(): AsyncGenerator<Hint, void> {
    this.#notifier.listen()
    return this.#hints.listen()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#notifier.close()
    if (this.#owned) await this.db[Symbol.asyncDispose]()
  }

  protected tell(about: Hint['about']): void {
    this.#notifier.tell(about)
  }

  protected async isOurs(tx: Transaction): Promise<boolean> {
    const found = await tx.value<string | null>(sql`select to_regclass('corral_job_meta')::text`)
    return found !== null && (await tx.value(sql`select store from corral_job_meta`)) === this.#id
  }

  protected override async claimFree(request: ClaimRequest): Promise<readonly ClaimedJob[]> {
    const started = performance.now()
    if (started > this.#floorsUntil) {
      this.#floors.clear()
      this.#floorsUntil = started + rescan
    }
    const jobs = await claimFree(this.db, this.dialect, request, this.#floors)
    if (jobs.length === 0 && this.#floors.size > 0) {
      this.#floors.clear()
      return await this.claimFree(request)
    }
    if (performance.now() - started > slow || this.#floors.size > 0) {
      for (const job of jobs) {
        this.#floors.set(sourceKey(job), { rank: 0 - job.priority, id: job.id })
      }
    }
    return jobs
  }

  async #beat({ id, lease }: WorkerRecord): Promise<{ lost: Event; stop(): Promise<void> }> {
    try {
      const lock = BigInt(`0x${randomBytes(7).toString('hex')}`)
      const pulse = { id, every: Math.min(lease / 4, 500), lease, maxStall: 60_000 }
      return await Heart.start(script, pulse, { url: this.#url, lock })
    } catch (error) {
      await shield(() => this.leave(id))
      throw error
    }
  }

  #beatHere({ id, lease }: WorkerRecord): { lost: Event; stop(): Promise<void> } {
    const lost = new Event({ name: 'lease lost' })
    const beat = sql`update corral_job_worker set beats = beats + 1 where id = ${id}`
    const task = this.#home.spawn(
      'beat',
      async () => {
        for (let silent = 0; silent < lease && !lost.isSet; silent += lease / 4) {
          try {
            if ((await this.db.execute(beat)).count === 0) lost.set()
            silent = 0
          } catch (error) {
            if (isCancelled(error)) throw error // otherwise an outage, that may pass
          }
          await sleep(lease / 4)
        }
        lost.set()
      },
      () => {},
    )
    return {
      lost,
      async stop() {
        task.cancel('the worker has ended')
        await task.settled()
      },
    }
  }
}
