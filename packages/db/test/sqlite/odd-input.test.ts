import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { gather, moveOnAfter, spawn } from 'corral'
import { openSqlite, sql } from '@corral/db'
import type { Database, SqliteOptions } from '@corral/db'
import { describe, expect, it } from 'vitest'
import { failure, until } from '../postgres/serve.ts'
import { temporaryFolder } from '../temporary-folder.ts'

async function withDatabase(
  fn: (db: Database, path: string) => Promise<void>,
  options: SqliteOptions = {},
): Promise<void> {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.db')
  await using db = await openSqlite(path, options)
  await db.execute(sql`create table kept (id integer primary key)`)
  await db.execute(sql`insert into kept values (1), (2)`)
  await fn(db, path)
}

const count = sql`select count(*) from kept`

describe('openSqlite: what nobody means to happen', () => {
  it('reads the file it was opened with after the program has gone to another folder, or has none', async () => {
    using folder = temporaryFolder()
    const before = process.cwd()
    const gone = join(folder.path, 'gone')
    mkdirSync(gone)
    process.chdir(folder.path)
    try {
      await using db = await openSqlite('relative.db')
      await db.execute(sql`create table kept (id int)`)
      process.chdir(gone)
      rmSync(gone, { recursive: true })
      expect(await db.value(count)).toBe(0)
    } finally {
      process.chdir(before)
    }
  })

  it('says so when no process can be started, and goes on when one can', async () => {
    await withDatabase(async (db) => {
      const { execPath } = process
      process.execPath = join(execPath, 'nothing')
      try {
        const { code, message } = await failure(() => db.value(count))
        expect(code).toBe('CONNECT')
        expect(message).toContain('isolation: "thread"')
      } finally {
        process.execPath = execPath
      }
      expect(await db.value(count)).toBe(2)
    })
  })

  it('a write that begins with a query is refused in a session too, whatever values come before', async () => {
    await withDatabase(async (db) => {
      const write = sql`with one as (select ${1} as id) insert into t select id from one`
      await db.session(async () => {
        expect((await failure(() => db.execute(write))).message).toContain(
          'it would wait for itself',
        )
      })
    })
  })

  it('a reader that cannot open the file fails its query, not the process', async () => {
    await withDatabase(async (db, path) => {
      await db.execute(sql`pragma wal_checkpoint(truncate)`)
      renameSync(path, `${path}.away`)
      // The error of the first cancels the others: whoever ends the reader must not be among them.
      const read = () => gather([() => db.value(count), () => db.value(count)])
      expect((await failure(read)).code).toBe('CONNECT')
      renameSync(`${path}.away`, path)
      expect(await db.value(count)).toBe(2)
    })
  })

  it('refuses what one connection alone would have', async () => {
    await withDatabase(async (db, path) => {
      const alone = [
        `attach '${path}2' as other`,
        'create temp table t (a)',
        '/* x */ create temporary view t as select 1',
        '-- x\n create table if not exists temp.t (a)',
        'pragma foreign_keys = off',
        'pragma"foreign_keys"=off',
        'pragma"main".[foreign_keys]=off',
        'pragma/**/main."query_only"(on)',
      ]
      for (const statement of alone.map((text) => sql.raw(text))) {
        const stream = async (): Promise<void> => {
          for await (const _ of db.stream(statement));
        }
        for (const run of [
          () => db.execute(statement),
          () => db.transaction((tx) => tx.execute(statement)),
          stream,
        ]) {
          expect((await failure(run)).code).toBe('MISUSE')
        }
      }
      await db.execute(sql`create table temp (a)`)
      await db.execute(sql`create index temp_a on temp (a)`)
      await db.session(async (session) => {
        await session.execute(sql`pragma foreign_keys = off`)
        await session.transaction((tx) => tx.execute(sql`create temp table u (a)`))
      })
      expect(await db.value(sql`pragma foreign_keys`)).toBe(1)
      await db.execute(sql`pragma main.user_version = 7`)
      expect(await db.value(sql`pragma user_version`)).toBe(7)
      expect(await db.query(sql`pragma table_info(temp)`)).toHaveLength(1)
      await db.session(async (session) => {
        await session.execute(sql`create temp table t (a)`)
        expect(await session.query(sql`select * from t`)).toEqual([])
      })
    })
  })

  it('refuses placeholders that nothing is bound to: they would be NULL', async () => {
    await withDatabase(async (db) => {
      for (const run of [
        () => db.query(sql`select * from kept where id = ?`),
        () => db.transaction((tx) => tx.execute(sql`delete from kept where id = $id`)),
        () => db.session((session) => session.query(sql`select ?1, ${7}`)),
        () => db.migrate([{ name: '1', up: 'update kept set id = 3 where id is :id' }]),
      ]) {
        expect((await failure(run)).message).toContain('placeholder')
      }
      expect(await db.value(count)).toBe(2)
    })
  })

  it('waits for a lock for as long as it is told, which may be for ever', async () => {
    for (const isolation of ['process', 'thread'] as const) {
      for (const lockTimeout of [Infinity, 1.5, 1e300]) {
        await withDatabase(
          async (db) => {
            expect(await db.value(count)).toBe(2)
            await db.execute(sql`insert into kept values (3)`)
          },
          { lockTimeout, isolation },
        )
      }
    }
  })

  it('refuses what is no file, and options that are none', async () => {
    for (const path of ['/dev/null', 'x'.repeat(5000), '/dev/null/a.db']) {
      const { code, message } = await failure(() => openSqlite(path))
      expect(code).toBe('CONNECT')
      expect(message).toContain('openSqlite: ')
    }
    for (const readOnly of ['yes', 1, null]) {
      const { code, message } = await failure(() =>
        openSqlite(':memory:', { readOnly: readOnly as never }),
      )
      expect(code).toBe('MISUSE')
      expect(message).toContain('openSqlite: readOnly must be true or false')
    }
  })

  it('runs nothing outside of a transaction that a trigger has ended', async () => {
    await withDatabase(async (db) => {
      await db.execute(
        sql`create trigger no before insert on kept when new.id = 99 begin select raise(rollback, 'no'); end`,
      )
      const codes: string[] = []
      const ended = await failure(() =>
        db.transaction(async (tx) => {
          const add = (id: number) => tx.execute(sql`insert into kept values (${id})`)
          await add(50)
          for (const id of [99, 51]) codes.push((await failure(() => add(id))).code)
          codes.push((await failure(() => tx.transaction((inner) => inner.query(count)))).code)
        }),
      )
      expect(codes).toEqual(['STATEMENT', 'TRANSACTION_ABORTED', 'TRANSACTION_ABORTED'])
      expect(ended.code).toBe('MISUSE')
      expect(await db.query(sql`select id from kept`)).toEqual([{ id: 1 }, { id: 2 }])
    })
  })

  it('closing it within its own transaction is refused', async () => {
    await withDatabase(async (db) => {
      expect((await failure(() => db.transaction(() => db.close()))).code).toBe('MISUSE')
      expect(await db.value(count)).toBe(2)
    })
  })
})

describe('openSqlite: reads that travel together', () => {
  it('see what was written before, however one of them fails', async () => {
    for (const isolation of ['process', 'thread'] as const) {
      await withDatabase(
        async (db) => {
          for (let n = 3; n < 20; n++) {
            await db.execute(sql`insert into kept values (${n})`)
            const told = await gather(
              Array.from({ length: 6 }, (_, i) => async () => {
                if (i !== 2) return await db.value(count)
                return (await failure(() => db.value(sql`select nothing from kept`))).code
              }),
            )
            expect(told).toEqual([n, n, 'STATEMENT', n, n, n])
          }
        },
        { isolation, readers: 1 },
      )
    }
  })

  it('hold no snapshot afterwards: the journal can be emptied', async () => {
    await withDatabase(async (db) => {
      await gather(Array.from({ length: 20 }, () => () => db.value(count)))
      await db.execute(sql`insert into kept values (3)`)
      const [result] = await db.query(sql`pragma wal_checkpoint(truncate)`)
      expect(result).toMatchObject({ busy: 0, log: 0 })
    })
  })

  it('are run by another when theirs is stopped, and see one state', async () => {
    await withDatabase(async (db) => {
      await db.value(count)
      const endless = sql`with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n`
      const long = spawn(() => moveOnAfter(50, () => db.query(endless)))
      await until(() => db.stats().busy > 0)
      expect(await gather(Array.from({ length: 30 }, () => () => db.value(count)))).toEqual(
        Array.from({ length: 30 }, () => 2),
      )
      expect((await long).timedOut).toBe(true)
    })
  })
})
