import { join } from 'node:path'
import { CancelScope, Event, gather, moveOnAfter, run, sleep, taskGroup, timeout } from 'corral'
import { openSqlite, sql as corralSql } from '@corral/db'
import type { Database } from '@corral/db'
import { kyselyDialect } from '@corral/db/kysely'
import { Kysely, sql } from 'kysely'
import type { Generated } from 'kysely'
import { afterAll, beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import { failure, serve, until } from '../postgres/serve.ts'
import { temporaryFolder } from '../temporary-folder.ts'

interface Tables {
  person: { id: Generated<number>; name: string; age: number | null }
  pet: { id: Generated<number>; owner_id: number; name: string }
}

const served = serve()
const folder = temporaryFolder()
let files = 0
afterAll(() => folder[Symbol.dispose]())

const engines: Record<string, () => Promise<Database>> = {
  postgres: () => served.open({ max: 2, applicationName: 'kysely' }),
  sqlite: () => openSqlite(join(folder.path, `${(files += 1)}.db`)),
}

describe.each(Object.keys(engines))('kyselyDialect on %s', (engine) => {
  let db: Database
  let kysely: Kysely<Tables>
  const endless =
    engine === 'postgres'
      ? sql`select pg_sleep(600)`
      : sql`with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n`

  beforeEach(async () => {
    db = await engines[engine]!()
    kysely = new Kysely<Tables>({ dialect: kyselyDialect(db) })
    await kysely.schema.dropTable('pet').ifExists().execute()
    await kysely.schema.dropTable('person').ifExists().execute()
    const key = engine === 'postgres' ? 'serial' : 'integer'
    await kysely.schema
      .createTable('person')
      .addColumn('id', key, (column) => column.primaryKey())
      .addColumn('name', 'text', (column) => column.notNull().unique())
      .addColumn('age', 'integer')
      .execute()
    await kysely.schema
      .createTable('pet')
      .addColumn('id', key, (column) => column.primaryKey())
      .addColumn('owner_id', 'integer', (column) => column.notNull().references('person.id'))
      .addColumn('name', 'text', (column) => column.notNull())
      .execute()
    await kysely
      .insertInto('person')
      .values([
        { name: 'Ada', age: 36 },
        { name: 'Bob', age: null },
        { name: 'Cid', age: 7 },
      ])
      .execute()
    await kysely.insertInto('pet').values({ owner_id: 1, name: 'Rex' }).execute()
    return () => db.close()
  })

  const names = async (): Promise<string[]> => {
    const rows = await kysely.selectFrom('person').select('name').orderBy('name').execute()
    return rows.map(({ name }) => name)
  }

  it('selects, with types', async () => {
    const rows = await kysely
      .selectFrom('person')
      .select(['id', 'age'])
      .where('name', '=', 'Ada')
      .execute()
    expectTypeOf(rows).toEqualTypeOf<{ id: number; age: number | null }[]>()
    expect(rows).toEqual([{ id: 1, age: 36 }])
  })

  it('selects all columns', async () => {
    const row = await kysely.selectFrom('person').selectAll().where('id', '=', 2).executeTakeFirst()
    expectTypeOf(row).toEqualTypeOf<{ id: number; name: string; age: number | null } | undefined>()
    expect(row).toEqual({ id: 2, name: 'Bob', age: null })
  })

  it('finds nothing', async () => {
    const none = kysely.selectFrom('person').select('id').where('id', '=', 99)
    expect(await none.execute()).toEqual([])
    expect(await none.executeTakeFirst()).toBe(undefined)
    await expect(none.executeTakeFirstOrThrow()).rejects.toThrow('no result')
  })

  it.each([
    ['in', ['Ada', 'Cid']],
    ['not in', ['Bob']],
  ] as const)('filters by %s', async (operator, list) => {
    const rows = await kysely
      .selectFrom('person')
      .select('name')
      .where('name', operator, [...list])
      .orderBy('name')
      .execute()
    expect(rows.map(({ name }) => name)).toEqual(['Ada', 'Cid'])
  })

  it('filters by is null, and, or', async () => {
    const rows = await kysely
      .selectFrom('person')
      .select('name')
      .where((eb) => eb.or([eb('age', 'is', null), eb('age', '<', 10)]))
      .orderBy('name')
      .execute()
    expect(rows).toEqual([{ name: 'Bob' }, { name: 'Cid' }])
  })

  it('joins', async () => {
    const rows = await kysely
      .selectFrom('person')
      .innerJoin('pet', 'pet.owner_id', 'person.id')
      .select(['person.name as owner', 'pet.name as pet'])
      .execute()
    expectTypeOf(rows).toEqualTypeOf<{ owner: string; pet: string }[]>()
    expect(rows).toEqual([{ owner: 'Ada', pet: 'Rex' }])
  })

  it('joins to the left, with null', async () => {
    const rows = await kysely
      .selectFrom('person')
      .leftJoin('pet', 'pet.owner_id', 'person.id')
      .select(['person.name as owner', 'pet.name as pet'])
      .orderBy('person.id')
      .execute()
    expect(rows[1]).toEqual({ owner: 'Bob', pet: null })
  })

  it('groups and counts', async () => {
    const row = await kysely
      .selectFrom('person')
      .select(({ fn }) => [fn.countAll().as('all'), fn.max('age').as('oldest')])
      .executeTakeFirstOrThrow()
    expect(Number(row.all)).toBe(3)
    expect(row.oldest).toBe(36)
  })

  it('orders, limits and skips', async () => {
    const rows = await kysely
      .selectFrom('person')
      .select('name')
      .orderBy('name', 'desc')
      .limit(1)
      .offset(1)
      .execute()
    expect(rows).toEqual([{ name: 'Bob' }])
  })

  it('selects from a subquery and a common table expression', async () => {
    const rows = await kysely
      .with('old', (cte) => cte.selectFrom('person').select('name').where('age', '>', 10))
      .selectFrom('old')
      .select('name')
      .execute()
    expect(rows).toEqual([{ name: 'Ada' }])
  })

  it('tells how many rows an insert made', async () => {
    const result = await kysely
      .insertInto('person')
      .values([{ name: 'Dan' }, { name: 'Eve' }])
      .executeTakeFirstOrThrow()
    expect(result.numInsertedOrUpdatedRows).toBe(2n)
    expect(result.insertId).toBe(engine === 'sqlite' ? 5n : undefined)
  })

  it('returns what was inserted', async () => {
    const row = await kysely
      .insertInto('person')
      .values({ name: 'Dan', age: 1 })
      .returning(['id', 'age'])
      .executeTakeFirstOrThrow()
    expectTypeOf(row).toEqualTypeOf<{ id: number; age: number | null }>()
    expect(row).toEqual({ id: 4, age: 1 })
  })

  it('inserts or updates', async () => {
    await kysely
      .insertInto('person')
      .values({ name: 'Ada', age: 40 })
      .onConflict((on) => on.column('name').doUpdateSet({ age: 40 }))
      .execute()
    const ada = kysely.selectFrom('person').select('age').where('name', '=', 'Ada')
    expect(await ada.executeTakeFirst()).toEqual({ age: 40 })
  })

  it('inserts what is selected', async () => {
    await kysely
      .insertInto('pet')
      .columns(['owner_id', 'name'])
      .expression((eb) => eb.selectFrom('person').select(['id', 'name']))
      .execute()
    const pets = await kysely.selectFrom('pet').selectAll().execute()
    expect(pets).toHaveLength(4)
  })

  it('updates', async () => {
    const result = await kysely
      .updateTable('person')
      .set({ age: 1 })
      .where('age', 'is not', null)
      .executeTakeFirstOrThrow()
    expect(result.numUpdatedRows).toBe(2n)
  })

  it('returns what was updated', async () => {
    const rows = await kysely
      .updateTable('person')
      .set((eb) => ({ age: eb('age', '+', 1) }))
      .where('name', '=', 'Cid')
      .returning('age')
      .execute()
    expect(rows).toEqual([{ age: 8 }])
  })

  it('deletes', async () => {
    const result = await kysely
      .deleteFrom('person')
      .where('name', '!=', 'Ada')
      .executeTakeFirstOrThrow()
    expect(result.numDeletedRows).toBe(2n)
    expect(await names()).toEqual(['Ada'])
  })

  it('runs raw SQL with parameters', async () => {
    const { rows } = await sql<{ name: string }>`select name from person where id = ${1}`.execute(
      kysely,
    )
    expectTypeOf(rows).toEqualTypeOf<{ name: string }[]>()
    expect(rows).toEqual([{ name: 'Ada' }])
  })

  it('keeps the order of many parameters, and what looks like one', async () => {
    const rows = await kysely
      .selectFrom('person')
      .select(sql<string>`${'a$1'} || ${'?b'} || '$2 ?'`.as('text'))
      .where('id', '=', 1)
      .execute()
    expect(rows).toEqual([{ text: 'a$1?b$2 ?' }])
  })

  it('throws errors of ours', async () => {
    const twice = kysely.insertInto('person').values({ name: 'Ada' })
    expect((await failure(() => twice.execute())).code).toBe('UNIQUE')
    const orphan = kysely.insertInto('pet').values({ owner_id: 99, name: 'x' })
    expect((await failure(() => orphan.execute())).code).toBe('FOREIGN_KEY')
    expect((await failure(() => sql`selec`.execute(kysely))).code).toBe('STATEMENT')
  })

  it('changes tables', async () => {
    await kysely.schema.alterTable('person').addColumn('mail', 'text').execute()
    await kysely.schema.createIndex('by_mail').on('person').column('mail').execute()
    const rows = await sql<{ mail: null }>`select mail from person where id = 1`.execute(kysely)
    expect(rows.rows).toEqual([{ mail: null }])
  })

  it('looks at the tables that there are', async () => {
    const tables = await kysely.introspection.getTables()
    const person = tables.find(({ name }) => name === 'person')
    expect(person?.columns.map(({ name }) => name)).toEqual(['id', 'name', 'age'])
  })

  it('commits a transaction', async () => {
    const id = await kysely.transaction().execute(async (tx) => {
      const row = await tx
        .insertInto('person')
        .values({ name: 'Dan' })
        .returning('id')
        .executeTakeFirstOrThrow()
      await tx.insertInto('pet').values({ owner_id: row.id, name: 'Tom' }).execute()
      return row.id
    })
    expectTypeOf(id).toEqualTypeOf<number>()
    expect(await names()).toContain('Dan')
    expect(db.stats()).toMatchObject({ busy: 0, destroyed: 0 })
  })

  it('rolls a transaction back that throws', async () => {
    const error = new Error('no')
    const failed = failure(() =>
      kysely.transaction().execute(async (tx) => {
        await tx.deleteFrom('pet').execute()
        throw error
      }),
    )
    expect(await failed).toBe(error)
    expect(await kysely.selectFrom('pet').select('id').execute()).toHaveLength(1)
    expect(db.stats().busy).toBe(0)
  })

  it('rolls a transaction back that is cancelled', async () => {
    const scope = new CancelScope()
    await scope.run(() =>
      kysely.transaction().execute(async (tx) => {
        await tx.deleteFrom('pet').execute()
        scope.cancel()
        await tx.deleteFrom('person').execute()
      }),
    )
    expect(scope.cancelledCaught).toBe(true)
    expect(await kysely.selectFrom('pet').select('id').execute()).toHaveLength(1)
    expect(await names()).toHaveLength(3)
    expect(db.stats()).toMatchObject({ busy: 0, destroyed: 0 })
  })

  it('rolls a transaction back that does not await its statements, and keeps its connection whole', async () => {
    const outcomes: string[] = []
    const forgetful = kysely.transaction().execute(async (tx) => {
      for (const name of ['Dan', 'Eve', 'Fay']) {
        const insert = tx.insertInto('person').values({ name }).execute()
        void insert.then(
          () => outcomes.push('done'),
          (error: { code: string }) => outcomes.push(error.code),
        )
      }
    })
    expect((await failure(() => forgetful)).message).toContain('await each of them')
    await until(() => outcomes.length === 3)
    expect(outcomes).toEqual(['done', 'MISUSE', 'MISUSE'])
    expect(db.stats()).toMatchObject({ busy: 0, destroyed: 0 })
    // Two borrowers at once, otherwise.
    await gather([
      () => failure(() => db.transaction(() => Promise.reject(new Error('rolled back')))),
      () => db.session((session) => session.execute(corralSql`delete from pet`)),
      () => db.execute(corralSql`update person set age = 1`),
    ])
    expect(await names()).toEqual(['Ada', 'Bob', 'Cid'])
    expect(await kysely.selectFrom('pet').select('id').execute()).toEqual([])
    await until(() => db.stats().busy === 0)
  })

  it('refuses to commit after an error that was caught', async () => {
    const caught = kysely.transaction().execute(async (tx) => {
      await tx.insertInto('person').values({ name: 'Dan' }).execute()
      await failure(() => sql`selec`.execute(tx))
    })
    if (engine === 'sqlite') return await caught // undoes only the statement
    expect((await failure(() => caught)).code).toBe('TRANSACTION_ABORTED')
    expect(db.stats()).toMatchObject({ busy: 0, destroyed: 0 })
  })

  it('has transactions one after the other on a connection of Kysely', async () => {
    await kysely.connection().execute(async (connection) => {
      for (const name of ['Dan', 'Eve']) {
        await connection
          .transaction()
          .execute((tx) => tx.insertInto('person').values({ name }).execute())
        expect(await connection.selectFrom('person').select('id').execute()).not.toEqual([])
      }
    })
    expect(await names()).toHaveLength(5)
    await until(() => db.stats().busy === 0)
  })

  it('takes isolation levels, and read only', async () => {
    const write = kysely
      .transaction()
      .setIsolationLevel('serializable')
      .setAccessMode('read only')
      .execute((tx) => tx.deleteFrom('pet').execute())
    expect((await failure(() => write)).code).toBe('READ_ONLY')
    await kysely
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute((tx) => tx.deleteFrom('pet').execute())
  })

  it('has transactions that are ended by hand, with savepoints', async () => {
    const tx = await kysely.startTransaction().execute()
    await tx.insertInto('person').values({ name: 'Dan' }).execute()
    const saved = await tx.savepoint('here').execute()
    await saved.insertInto('person').values({ name: 'Eve' }).execute()
    await saved.rollbackToSavepoint('here').execute()
    await saved.releaseSavepoint('here').execute()
    await tx.commit().execute()
    expect(await names()).toEqual(['Ada', 'Bob', 'Cid', 'Dan'])
    expect(db.stats().busy).toBe(0)
  })

  it('streams, and left early gives its connection back', async () => {
    const seen: string[] = []
    for await (const { name } of kysely.selectFrom('person').select('name').stream(1)) {
      seen.push(name)
      if (seen.length === 2) break
    }
    expect(seen).toHaveLength(2)
    await until(() => db.stats().busy === 0)
    await kysely.transaction().execute(async (tx) => {
      let rows = 0
      for await (const _ of tx.selectFrom('person').selectAll().stream(2)) rows += 1
      expect(rows).toBe(3)
    })
  })

  it('runs many at once', async () => {
    const counts = await gather(
      Array.from({ length: 50 }, (_, i) => async () => {
        await kysely
          .insertInto('person')
          .values({ name: `many ${i}` })
          .execute()
        return i
      }),
    )
    expect(counts).toHaveLength(50)
    expect(await names()).toHaveLength(53)
  })

  it('a query that is cancelled has stopped', async () => {
    await names()
    const slow = await moveOnAfter(100, () => endless.execute(kysely))
    expect(slow.timedOut).toBe(true)
    if (engine === 'postgres') expect(await served.active('kysely')).toEqual([])
    await expect(timeout(50, () => endless.execute(kysely))).rejects.toThrow('50 ms')
    expect(await names()).toHaveLength(3)
  })

  it("an AbortSignal of Kysely's own does the same", async () => {
    const abort = new AbortController()
    const reason = new Error('enough')
    setTimeout(() => abort.abort(reason), 100)
    const query = endless.compile(kysely)
    const thrown = await failure(() => kysely.executeQuery(query, { signal: abort.signal }))
    expect([thrown, (thrown as { cause?: unknown }).cause]).toContain(reason)
    if (engine === 'postgres') await until(async () => (await served.active('kysely')).length === 0)
    expect(await names()).toHaveLength(3)
  })

  it('stops a stream by an AbortSignal, in a transaction too', async () => {
    const reason = new Error('enough')
    const read = async (queries: Kysely<Tables>): Promise<void> => {
      const abort = new AbortController()
      setTimeout(() => abort.abort(reason), 100)
      const query = queries.selectNoFrom(sql`(${endless})`.as('never'))
      for await (const _ of query.stream({ chunkSize: 1, signal: abort.signal }));
    }
    expect(await failure(() => read(kysely))).toHaveProperty('message', 'enough')
    await until(() => db.stats().busy === 0)
    if (engine === 'postgres') expect(await served.active('kysely')).toEqual([])
    if (engine === 'sqlite') return // its writer is a thread, which waits for the end of a statement
    expect(await failure(() => kysely.transaction().execute(read))).toHaveProperty(
      'message',
      'enough',
    )
    await until(() => db.stats().busy === 0)
    expect(await names()).toHaveLength(3)
  })

  it('refuses in a transaction what would outlive it', async () => {
    const made = sql`create temporary table outliving (id integer)`
    const outlives = kysely.transaction().execute((tx) => made.execute(tx))
    await expect(outlives).rejects.toThrow('it would outlive the transaction')
  })

  it('refuses to run outside of the transaction that it is in', async () => {
    await db.transaction(async () => {
      expect((await failure(() => names())).code).toBe('MISUSE')
    })
  })

  it('inside its own transaction waits for a connection where a cancellation reaches it', async () => {
    const inside = (): Promise<unknown> =>
      kysely
        .transaction()
        .execute(() => kysely.insertInto('person').values({ name: 'Eve' }).execute())
    if (engine === 'postgres') await inside()
    else expect(await run(() => moveOnAfter(100, inside))).toEqual({ timedOut: true })
    const out = await run(() =>
      moveOnAfter(100, () => kysely.transaction().execute(() => endless.execute(kysely))),
    )
    expect(out.timedOut).toBe(true)
    expect(db.stats()).toMatchObject({ busy: 0, destroyed: 0 })
  })

  it('reads while a transaction is open elsewhere', async () => {
    await kysely.transaction().execute(async (tx) => {
      await tx.deleteFrom('pet').execute()
      expect(await names()).toHaveLength(3)
    })
  })

  it('closes though a transaction was begun that nobody ended', async () => {
    await run(async () => {
      await moveOnAfter(50, async () => {
        const tx = await kysely.startTransaction().execute()
        await tx.deleteFrom('pet').execute()
        await sleep(60_000)
      })
      expect(db.stats().busy).toBe(1)
      await db.close()
    })
    expect(db.stats().size).toBe(0)
  })

  it('closes though a transaction was begun beside it that nobody ended', async () => {
    const left = run(async () => {
      await using closing = db
      const tx = await kysely.startTransaction().execute()
      await tx.deleteFrom('pet').execute()
      throw new Error(`${closing.engine} goes on`)
    })
    await expect(left).rejects.toThrow('goes on')
    expect(db.stats().size).toBe(0)
    db = await engines[engine]!() // on SQLite another file
    if (engine === 'postgres') expect(await db.value(corralSql`select name from pet`)).toBe('Rex')
  })

  it('closes when the task that began a transaction has ended it, though not in the scope where it began', async () => {
    await run(() =>
      taskGroup(async (group) => {
        const begun = new Event()
        group.spawn(async () => {
          const tx = await timeout(60_000, () => kysely.startTransaction().execute())
          begun.set()
          await tx.deleteFrom('pet').execute()
          await sleep(50)
          await tx.commit().execute()
        })
        await begun.wait()
        await db.close()
      }),
    )
    expect(db.stats().size).toBe(0)
  })

  it('refuses to stream in chunks of what is no number of rows', async () => {
    for (const size of [0, -1, 1.5, NaN]) {
      const read = async (): Promise<void> => {
        for await (const _ of kysely.selectFrom('person').selectAll().stream(size)) break
      }
      expect((await failure(read)).code).toBe('MISUSE')
    }
  })

  it('leaves closing to the database', async () => {
    await kysely.destroy()
    expect(await db.value(corralSql`select 1`)).toBe(1)
  })
})

it('kyselyDialect waits for a COMMIT that is cancelled, for up to the grace', async () => {
  await using db = await served.open({ max: 1, grace: 100 })
  await db.execute(corralSql`create table deferred (i int)`)
  await db.execute(
    corralSql`create function slow() returns trigger language plpgsql as 'begin perform pg_sleep(600); return null; end'`,
  )
  await db.execute(
    corralSql`create constraint trigger slow after insert on deferred deferrable initially deferred for each row execute function slow()`,
  )
  const kysely = new Kysely<Tables>({ dialect: kyselyDialect(db) })
  const insert = sql`insert into deferred values (1)`
  const scope = new CancelScope()
  await taskGroup(async (group) => {
    group.spawn(async () => {
      const error = await failure(() =>
        scope.run(() => kysely.transaction().execute((tx) => insert.execute(tx))),
      )
      expect(error.code).toBe('COMMIT_UNKNOWN')
    })
    const committing = corralSql`select pid from pg_stat_activity where query = 'commit' and state = 'active'`
    await until(async () => (await served.observer.query(committing)).length > 0)
    scope.cancel()
  })
  expect(db.stats()).toMatchObject({ size: 0, destroyed: 1 })
  await served.observer.query(
    corralSql`select pg_terminate_backend(pid) from pg_stat_activity where query = 'commit' and state = 'active'`,
  )
})

it('kyselyDialect wants a database of ours', () => {
  expect(() => kyselyDialect({} as Database)).toThrow('openPostgres or openSqlite')
})
