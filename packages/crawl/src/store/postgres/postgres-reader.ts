import { openPostgres, sql, type Database } from '@corral/db'
import { shield } from 'corral'
import type { StoreReading } from '../open-reader.ts'
import type { StoreCounts } from '../outcome.ts'
import { StoreError } from '../store-error.ts'
import { unpackBody } from '../../page/packed-body.ts'
import type {
  BodyRow,
  BrokenLinkRow,
  ErrorRow,
  ItemRow,
  LinkRow,
  PageRow,
  RecordRow,
  SkippedRow,
} from '../store-reader.ts'
import { addressOf } from './address.ts'
import { countsOf } from './deltas.ts'
import { postgresErrorOf } from './postgres-error.ts'
import { views } from './schema.ts'

/**
 * Opens a store in PostgreSQL to read it.
 *
 * @throws StoreError STORE_MISSING, STORE_UNREACHABLE
 */
export async function openPostgresReader(store: string): Promise<StoreReading & AsyncDisposable> {
  const { url, shown, schema } = addressOf(store)
  const reader = await open(url, shown)
  if (await reader.isThere()) return reader
  await reader[Symbol.asyncDispose]()
  throw new StoreError(
    'STORE_MISSING',
    shown,
    `store ${shown} has no schema ${schema}; crawl into it first`,
  )
}

async function open(url: string, shown: string): Promise<PostgresReader> {
  try {
    return new PostgresReader(shown, await openPostgres(url, { max: 2 }))
  } catch (error) {
    throw postgresErrorOf(error, shown)
  }
}

class PostgresReader implements StoreReading, AsyncDisposable {
  readonly #shown: string
  readonly #db: Database

  constructor(shown: string, db: Database) {
    this.#shown = shown
    this.#db = db
  }

  isThere(): Promise<boolean> {
    return this.#value((db) => db.value<boolean>(sql`select to_regclass('tally') is not null`))
  }

  counts(): Promise<StoreCounts> {
    return this.#value(countsOf)
  }

  statuses(): Promise<{ status: number; count: number }[]> {
    return this.#value((db) =>
      db.query(
        sql`select status, count(*)::float8 as count from page group by status order by status`,
      ),
    )
  }

  failures(): Promise<{ kind: string; code: string; count: number }[]> {
    return this.#value((db) =>
      db.query(
        sql`select kind, code, count(*)::float8 as count from failure
            group by kind, code order by count desc, kind, code`,
      ),
    )
  }

  skippedReasons(): Promise<{ reason: string; count: number }[]> {
    return this.#value((db) =>
      db.query(
        sql`select reason, count(*)::float8 as count from url where state = 3
            group by reason order by count desc, reason`,
      ),
    )
  }

  skipped(): AsyncIterable<SkippedRow> {
    return this.#rows<SkippedRow>('select url, reason, depth from url where state = 3 order by id')
  }

  pages(): AsyncIterable<PageRow> {
    return this.#view<PageRow>('pages')
  }

  errors(): AsyncIterable<ErrorRow> {
    return this.#view<ErrorRow>('errors')
  }

  links(): AsyncIterable<LinkRow> {
    return this.#view<LinkRow>('links')
  }

  records(): AsyncIterable<RecordRow> {
    return this.#view<RecordRow>('records')
  }

  items(): AsyncIterable<ItemRow> {
    return this.#view<ItemRow>('items')
  }

  async *bodies(): AsyncGenerator<BodyRow, void> {
    const rows = this.#rows<BodyRow>(
      `select u.url, p.content_type, p.charset, b.packed as body
        from body b join page p on p.url_id = b.url_id join url u on u.id = b.url_id order by b.url_id`,
    )
    for await (const row of rows) yield { ...row, body: unpackBody(row.body) }
  }

  brokenLinks(): AsyncIterable<BrokenLinkRow> {
    return this.#rows<BrokenLinkRow>(
      `select t.url as to_url, f.url as from_url, e.kind, e.code
        from failure e join link l on l.to_id = e.url_id join url t on t.id = e.url_id join url f on f.id = l.from_id
        order by e.url_id, l.from_id`,
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await shield(() => this.#db.close())
  }

  #view<T extends object>(name: keyof typeof views): AsyncIterable<T> {
    const { select, order } = views[name]
    return this.#rows<T>(`${select} order by ${order}`)
  }

  async *#rows<T extends object>(text: string): AsyncGenerator<T, void> {
    try {
      yield* this.#db.stream<T>(sql.raw(text))
    } catch (error) {
      throw postgresErrorOf(error, this.#shown)
    }
  }

  async #value<T>(read: (db: Database) => Promise<T>): Promise<T> {
    try {
      return await read(this.#db)
    } catch (error) {
      throw postgresErrorOf(error, this.#shown)
    }
  }
}
