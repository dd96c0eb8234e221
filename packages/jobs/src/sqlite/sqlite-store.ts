import { watch } from 'node:fs'
import type { FSWatcher } from 'node:fs'
import { basename, dirname } from 'node:path'
import { Event, shield } from 'corral'
import { openSqlite, sql } from '@corral/db'
import type { Database, SqliteOptions, Transaction } from '@corral/db'
import { workersOf } from '../sql/browsing.ts'
import { schema } from '../sql/schema.ts'
import { setUp } from '../sql/set-up.ts'
import { SqlStore } from '../sql/sql-store.ts'
import { capabilities } from '../store/capability.ts'
import type { Capability } from '../store/capability.ts'
import { Hints } from '../store/hints.ts'
import type { Hint, Membership, StoreFactory } from '../store/job-store.ts'
import type { WorkerRecord, WorkerView } from '../store/records.ts'
import { Heart } from '../worker/heart.ts'
import { hasExited, identityOf } from './process-identity.ts'
import { sqliteDialect } from './sqlite-dialect.ts'

/**
 * Jobs in a file of SQLite, shared by the processes of one machine. With a `Database` of one's own, transactions of it
 * can add and finish jobs; it stays open when the jobs are closed.
 *
 * @param place a file, `:memory:`, or a database that `openSqlite` gave
 * @example
 * await using jobs = await openJobs(sqliteStore('jobs.db'))
 */
export function sqliteStore(
  place: string | Database,
  options: Pick<SqliteOptions, 'synchronous' | 'maxSize' | 'lockTimeout'> = {},
): StoreFactory {
  return {
    name: 'sqliteStore',
    async open() {
      if (typeof place !== 'string') return await SqliteStore.open(place, false)
      const db = await openSqlite(place, { ...options, readers: 1, isolation: 'thread' })
      try {
        return await SqliteStore.open(db, true)
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

class SqliteStore extends SqlStore {
  readonly name = 'sqliteStore'
  readonly capabilities: ReadonlySet<Capability>
  /** A process that is gone is found out by looking. */
  readonly pace: number
  readonly #hints = new Hints()
  readonly #owned: boolean
  readonly #path: string
  readonly #id: string
  readonly #watcher: FSWatcher | undefined

  constructor(db: Database, owned: boolean, path: string, id: string) {
    super(db, sqliteDialect)
    this.#owned = owned
    this.#path = path
    this.#id = id
    this.pace = path === '' ? 60_000 : 100
    this.capabilities = new Set(capabilities.filter((one) => path !== '' || one !== 'shared'))
    if (path !== '') this.#watcher = watchLog(path, () => this.#hints.tell('any'))
  }

  static async open(db: Database, owned: boolean): Promise<SqliteStore> {
    const id = await setUp(db, schema('sqlite'))
    const path = await db.value<string | null>(
      sql`select file from pragma_database_list where name = 'main'`,
    )
    return new SqliteStore(db, owned, path ?? '', id)
  }

  async join(worker: WorkerRecord): Promise<Membership> {
    const { id, host, pid, lease } = worker
    await this.db.execute(
      sql`insert into corral_job_worker (id, host, pid, process, lease)
        values (${id}, ${host}, ${pid}, ${identityOf(pid) ?? null}, ${lease})`,
    )
    // Nobody else can see what is in memory: there a sign of life is for nobody.
    const heart = this.#path === '' ? undefined : await this.#beat(worker)
    const lost = heart?.lost ?? new Event({ name: 'lease lost' })
    return {
      lost,
      asked: () => this.askedOf(id, lost),
      crash: async () => await heart?.stop(),
      [Symbol.asyncDispose]: () =>
        shield(async () => {
          await heart?.stop()
          await this.leave(id)
        }),
    }
  }

  workers(): Promise<readonly WorkerView[]> {
    return workersOf(this.db, sql`false`, ({ pid, process, lease }) =>
      hasExited(pid, process ?? undefined) ? 0 : Number(lease),
    )
  }

  hints(): AsyncGenerator<Hint, void> {
    return this.#hints.listen()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watcher?.close()
    if (this.#owned) await this.db[Symbol.asyncDispose]()
  }

  protected tell(about: Hint['about']): void {
    this.#hints.tell(about)
  }

  protected async isOurs(tx: Transaction): Promise<boolean> {
    const [found] = await tx.query(
      sql`select 1 as found from sqlite_schema where name = 'corral_job_meta'`,
    )
    return (
      found !== undefined && (await tx.value(sql`select store from corral_job_meta`)) === this.#id
    )
  }

  async #beat({ id, lease }: WorkerRecord): Promise<Heart> {
    try {
      const pulse = { id, every: lease / 4, lease, maxStall: 60_000 }
      return await Heart.start(script, pulse, { path: this.#path })
    } catch (error) {
      await shield(() => this.leave(id))
      throw error
    }
  }
}

/** Whatever any process commits is written to the log first. */
function watchLog(path: string, changed: () => void): FSWatcher | undefined {
  const log = `${basename(path)}-wal`
  try {
    const watcher = watch(dirname(path), { persistent: false }, (_, name) => {
      if (name === log || name === null) changed()
    })
    watcher.on('error', () => watcher.close()) // the folder is gone: who waits looks by himself
    return watcher
  } catch {
    return undefined // too many are watched on this machine: who waits looks by himself
  }
}
