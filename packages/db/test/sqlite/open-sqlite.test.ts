import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CancelScope, gather, MisuseError, moveOnAfter, sleep, spawn, taskGroup } from 'corral'
import { openSqlite, sql } from '@corral/db'
import type { Sql } from '@corral/db'
import { describe, expect, it } from 'vitest'
import { failure, until } from '../postgres/serve.ts'
import { temporaryFolder } from '../temporary-folder.ts'

describe('openSqlite', () => {
  it('makes the file, and finds in it what was there', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'a.db')
    {
      await using db = await openSqlite(path)
      await db.execute(sql`create table kept (id integer primary key)`)
      await db.execute(sql`insert into kept values (1)`)
    }
    expect(existsSync(`${path}-wal`)).toBe(false) // closed, it is one file
    await using again = await openSqlite(path)
    expect(await again.query(sql`select * from kept`)).toEqual([{ id: 1 }])
  })

  it('refuses what cannot be right', async () => {
    await expect(openSqlite('')).rejects.toThrow(MisuseError)
    await expect(openSqlite('a\0b')).rejects.toThrow(MisuseError)
    await expect(openSqlite('x.db', { readers: 0 })).rejects.toThrow('readers must be')
    await expect(openSqlite('x.db', { isolation: 'fork' as never })).rejects.toThrow('isolation')
    expect(existsSync('x.db')).toBe(false)
  })

  it('says what is wrong with the file, and leaves it as it is', async () => {
    using folder = temporaryFolder()
    const at = (name: string): string => join(folder.path, name)
    mkdirSync(at('folder'))
    expect((await failure(() => openSqlite(at('folder')))).message).toContain('is a folder')
    expect((await failure(() => openSqlite(at('no/a.db')))).message).toContain('make it first')
    const text = 'this is no database, '.repeat(100)
    writeFileSync(at('text'), text)
    expect((await failure(() => openSqlite(at('text')))).code).toBe('NOT_A_DATABASE')
    expect(readFileSync(at('text'), 'utf8')).toBe(text)
    expect((await failure(() => openSqlite(at('none'), { readOnly: true }))).code).toBe('CONNECT')
    expect(existsSync(at('none'))).toBe(false)
  })

  // Nothing forbids root to write.
  it.skipIf(process.getuid?.() === 0)('says that the folder cannot be written', async () => {
    using folder = temporaryFolder()
    chmodSync(folder.path, 0o500)
    const error = await failure(() => openSqlite(join(folder.path, 'a.db')))
    expect(error.code).toBe('READ_ONLY')
    expect(error.message).toContain(`${folder.path} cannot be written`)
  })

  it('readOnly reads and does not write', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'a.db')
    await using db = await openSqlite(path)
    await db.execute(sql`create table kept (id int)`)
    await using reader = await openSqlite(path, { readOnly: true })
    expect(await reader.value(sql`select count(*) from kept`)).toBe(0)
    expect((await failure(() => reader.execute(sql`insert into kept values (1)`))).code).toBe(
      'READ_ONLY',
    )
    await db.execute(sql`insert into kept values (1)`)
    expect(await reader.value(sql`select count(*) from kept`)).toBe(1)
  })

  it('waits for another program that writes, and gives up after lockTimeout', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'a.db')
    await using db = await openSqlite(path, { lockTimeout: 50 })
    await db.execute(sql`create table kept (id int)`)
    using other = new DatabaseSync(path)
    other.exec('begin immediate')
    const insert = sql`insert into kept values (1)`
    expect((await failure(() => db.execute(insert))).code).toBe('LOCKED')
    expect((await failure(() => db.transaction((tx) => tx.execute(insert)))).code).toBe('LOCKED')
    expect(await db.value(sql`select count(*) from kept`)).toBe(0)
    other.exec('rollback')
    expect(await db.execute(insert)).toEqual({ count: 1 })
  })

  it('leaves the line of the lock when it is cancelled', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'a.db')
    await using db = await openSqlite(path, { lockTimeout: 600_000 })
    await db.execute(sql`create table kept (id int)`)
    using other = new DatabaseSync(path)
    other.exec('begin immediate')
    const insert = sql`insert into kept values (1)`
    expect((await moveOnAfter(20, () => db.execute(insert))).timedOut).toBe(true)
    const transaction = await moveOnAfter(20, () => db.transaction((tx) => tx.execute(insert)))
    expect(transaction.timedOut).toBe(true)
    other.exec('rollback')
    expect(await db.value(sql`select count(*) from kept`)).toBe(0)
  })

  it('does not grow beyond maxSize, and reads and deletes go on', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'a.db')
    await using db = await openSqlite(path, { maxSize: 100_000 })
    await db.execute(sql`create table kept (id integer primary key, text text)`)
    const insert = (): Promise<unknown> =>
      db.execute(sql`insert into kept (text) values (${'x'.repeat(1000)})`)
    let written = 0
    const error = await failure(async () => {
      for (;;) {
        await insert()
        written += 1
      }
    })
    expect(error.code).toBe('DISK_FULL')
    expect(written).toBeGreaterThan(20)
    expect(await db.value(sql`select count(*) from kept`)).toBe(written)
    await db.execute(sql`delete from kept where id > 5`)
    await insert()
    expect(statSync(path).size).toBeLessThanOrEqual(100_000)
  })

  it('says of a damaged file that it is damaged', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'a.db')
    {
      await using db = await openSqlite(path)
      await db.execute(sql`create table kept (id integer primary key, text text)`)
      const rows = Array.from({ length: 500 }, () => ['x'.repeat(500)])
      await db.execute(sql`insert into kept (text) values ${sql.values(rows)}`)
    }
    const bytes = readFileSync(path)
    bytes.fill(0xa5, 8192, 200_000)
    writeFileSync(path, bytes)
    await using db = await openSqlite(path)
    const read = await failure(() => db.query(sql`select sum(length(text)) from kept`))
    expect(read.code).toBe('DAMAGED')
    expect(await db.value(sql`select 1`)).toBe(1)
  })

  it.skipIf(process.getuid?.() === 0)('reads a file that may not be written', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'a.db')
    {
      await using db = await openSqlite(path)
      await db.execute(sql`create table kept (id int)`)
    }
    chmodSync(path, 0o444)
    await using db = await openSqlite(path)
    expect(await db.value(sql`select count(*) from kept`)).toBe(0)
    const error = await failure(() => db.execute(sql`insert into kept values (1)`))
    expect(error.code).toBe('READ_ONLY')
  })
})

describe('openSqlite: the writer', () => {
  it('commits what comes together at once, and each fails alone', async () => {
    await using db = await openSqlite(':memory:')
    await db.execute(sql`create table kept (id integer primary key)`)
    const ids = [1, 2, 2, 3, 3, 4]
    const results: string[] = []
    await taskGroup(async (group) => {
      for (const id of ids) {
        group.spawn(async () => {
          const insert = db.execute(sql`insert into kept values (${id})`)
          results.push(
            await insert.then(
              () => 'done',
              (error: { code: string }) => error.code,
            ),
          )
        })
      }
    })
    expect(results).toEqual(['done', 'done', 'UNIQUE', 'done', 'UNIQUE', 'done'])
    expect(await db.value(sql`select count(*) from kept`)).toBe(4)
  })

  it('loses no neighbour of a statement that rolls everything back', async () => {
    using folder = temporaryFolder()
    await using db = await openSqlite(join(folder.path, 'a.db'))
    await db.execute(sql`create table kept (id integer primary key)`)
    const results: string[] = []
    await taskGroup(async (group) => {
      for (const id of [1, 2, 2, 3]) {
        group.spawn(async () => {
          const insert = db.execute(sql`insert or rollback into kept values (${id})`)
          results.push(
            await insert.then(
              () => 'done',
              (error: { code: string }) => error.code,
            ),
          )
        })
      }
    })
    expect(results).toEqual(['done', 'done', 'UNIQUE', 'done'])
    expect(await db.value(sql`select count(*) from kept`)).toBe(3)
  })

  it('takes what only looks like a read', async () => {
    using folder = temporaryFolder()
    await using db = await openSqlite(join(folder.path, 'a.db'))
    await db.execute(sql`create table kept (id int)`)
    await db.execute(sql`with new(id) as (values (1), (2)) insert into kept select id from new`)
    expect(await db.value(sql`select count(*) from kept`)).toBe(2)
    expect(await db.value(sql`pragma user_version`)).toBe(0)
    await db.execute(sql`vacuum`)
  })
})

describe('openSqlite: the readers in threads', () => {
  const counted = (n: number): Sql =>
    sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${n}) select count(*) from n`

  it('leave nobody waiting who is cancelled behind a slow query', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'a.db')
    await using db = await openSqlite(path, { isolation: 'thread', readers: 2 })
    await gather([1, 2, 3, 4].map((n) => () => db.value(sql`select ${n} + 0`))) // both have begun
    const cancelled = (): Promise<unknown> => moveOnAfter(5, () => db.query(counted(300_000)))
    expect(await gather(Array.from({ length: 12 }, () => cancelled))).toHaveLength(12)
    await until(() => db.stats().busy === 0)
    expect(await db.value(counted(10))).toBe(10)
  })

  it('keep no transaction that a stream of raw SQL has begun', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'a.db')
    await using db = await openSqlite(path, { isolation: 'thread', readers: 1 })
    await db.execute(sql`create table kept (id int)`)
    const error = await failure(() => db.stream(sql`begin`).next())
    expect(error.code).toBe('UNFINISHED_TRANSACTION')
    expect(await db.value(sql`select count(*) from kept`)).toBe(0)
    await db.execute(sql`insert into kept values (1)`)
    expect(await db.value(sql`select count(*) from kept`)).toBe(1)
  })

  it('let go at once of a query that has not begun when it is cancelled', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'a.db')
    await using db = await openSqlite(path, { isolation: 'thread', readers: 1 })
    await db.value(sql`select 1`)
    const ended: string[] = []
    await taskGroup(async (group) => {
      group.spawn(async () => {
        await db.value(counted(3_000_000))
        ended.push('slow')
      })
      const scope = new CancelScope()
      group.spawn(async () => {
        await scope.run(() => db.value(sql`select 2`))
        ended.push(scope.cancelledCaught ? 'cancelled' : 'answered')
      })
      await until(() => db.stats().queries === 3 && db.stats().waiting === 0)
      scope.cancel()
    })
    expect(ended).toEqual(['cancelled', 'slow'])
  })
})

describe('openSqlite: the readers', () => {
  const endless = sql`with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n`

  it('answer short queries while a long one runs', async () => {
    using folder = temporaryFolder()
    await using db = await openSqlite(join(folder.path, 'a.db'))
    await taskGroup(async (group) => {
      const long = group.spawn(() => db.query(endless))
      const short = Array.from({ length: 50 }, (_, i) =>
        group.spawn(() => db.value(sql`select ${i} + 0`)),
      )
      for (const [i, task] of short.entries()) expect(await task).toBe(i)
      long.cancel()
    })
    expect(db.stats()).toMatchObject({ errors: 0, waiting: 0 })
  })

  it('run again what was beside a query that was ended', async () => {
    using folder = temporaryFolder()
    await using db = await openSqlite(join(folder.path, 'a.db'), { readers: 1 })
    await db.value(sql`select 1`)
    await taskGroup(async (group) => {
      const long = group.spawn(() => db.query(endless))
      const short = Array.from({ length: 50 }, (_, i) =>
        group.spawn(() => db.value(sql`select ${i} + 0`)),
      )
      await until(() => db.stats().queries === 52)
      await sleep(5)
      long.cancel()
      for (const [i, task] of short.entries()) expect(await task).toBe(i)
    })
    expect(db.stats()).toMatchObject({ errors: 0, cancels: 1, destroyed: 1 })
  })

  it('leave no process behind', async () => {
    using folder = temporaryFolder()
    const running = (): number => {
      const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
      return children.split(' ').filter((pid) => pid !== '').length
    }
    const before = running()
    const db = await openSqlite(join(folder.path, 'a.db'))
    await db.value(sql`select 1`)
    expect(running()).toBeGreaterThan(before)
    const long = spawn(() => moveOnAfter(200, () => db.query(endless)))
    await until(() => db.stats().queries === 2 && db.stats().waiting === 0)
    await db.close()
    expect((await long).timedOut).toBe(true)
    await until(() => running() === before)
  })

  it('runs a migration without a transaction once, whichever programs start', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'a.db')
    const start = async (): Promise<string[]> => {
      await using db = await openSqlite(path)
      return await db.migrate([
        { name: '1', up: 'create table once (i integer)' },
        {
          name: '2',
          transaction: false,
          async up(session) {
            await session.execute(sql`insert into once values (1)`)
            await sleep(200)
          },
        },
      ])
    }
    const ran = await gather([start, start, start])
    expect(ran.flat().toSorted()).toEqual(['1', '2'])
    await using db = await openSqlite(path)
    expect(await db.value(sql`select count(*) from once`)).toBe(1)
  })
})
