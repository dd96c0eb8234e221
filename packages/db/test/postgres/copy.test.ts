import { CancelScope, checkpoint, Event, isCancelled, sleep, taskGroup } from 'corral'
import { openSqlite, sql } from '@corral/db'
import type { Database, Sql, Transaction } from '@corral/db'
import { describe, expect, it } from 'vitest'
import { failure, serve, until } from './serve.ts'

const served = serve()

async function table(db: Database, name: string): Promise<Sql> {
  await db.execute(sql`create table ${sql.identifier(name)} (id int, text text, bytes bytea)`)
  return sql.identifier(name)
}

const count = (from: Sql): Sql => sql`select count(*)::int from ${from}`

describe('copyFrom', () => {
  it('keeps every value as it is', async () => {
    await using db = await served.open({ max: 1 })
    const kept = await table(db, 'copied')
    const texts = ['', 'a\tb\nc\r\\d', String.raw`\N`, 'ä😀', String.raw`\.`, null]
    const rows = texts.map((text, i) => [i, text, Buffer.from([0, 92, i])])
    expect(await db.copyFrom(sql`copy ${kept} from stdin`, rows)).toEqual({ count: 6 })
    expect(await db.query(sql`select * from ${kept} order by id`)).toEqual(
      texts.map((text, id) => ({ id, text, bytes: Buffer.from([0, 92, id]) })),
    )
  })

  it('takes text in pieces, from an async source', async () => {
    await using db = await served.open({ max: 1 })
    const kept = await table(db, 'pieces')
    async function* pieces(): AsyncGenerator<string> {
      yield '1,"a'
      await sleep(1)
      yield ' b"\n2,c\n'
    }
    const csv = sql`copy ${kept} (id, text) from stdin (format csv)`
    expect(await db.copyFrom(csv, pieces())).toEqual({ count: 2 })
    expect(await db.value(sql`select text from ${kept} where id = 1`)).toBe('a b')
  })

  it('waits for a server that is slower than the source', async () => {
    await using db = await served.open({ max: 1 })
    const kept = await table(db, 'many')
    function* rows(): Generator<[number, string]> {
      for (let i = 0; i < 100_000; i++) yield [i, 'x'.repeat(100)]
    }
    const { count: copied } = await db.copyFrom(sql`copy ${kept} (id, text) from stdin`, rows())
    expect(copied).toBe(100_000)
  })

  it('cancelled frees the server at once, however long its source takes to end', async () => {
    await using db = await served.open({ max: 2 })
    const kept = await table(db, 'stuck')
    const stuck = Promise.withResolvers<void>()
    async function* rows(): AsyncGenerator<[number]> {
      yield [1]
      await stuck.promise
      yield [2]
    }
    let settled = false
    const scope = new CancelScope()
    const copying = scope
      .run(() => db.copyFrom(sql`copy ${kept} (id) from stdin`, rows()))
      .finally(() => (settled = true))
    const copies = sql`select count(*)::int from pg_stat_activity where state = 'active' and query like 'copy %'`
    await until(async () => (await db.value(copies)) === 1)
    scope.cancel()
    await until(async () => (await db.value(copies)) === 0)
    expect(settled).toBe(false)
    stuck.resolve()
    expect(await copying).toBeUndefined()
    expect(await db.value(count(kept))).toBe(0)
  })

  it('of a source that fails stores nothing, and goes on', async () => {
    await using db = await served.open({ max: 1 })
    const kept = await table(db, 'failed')
    const error = new Error('no more')
    function* rows(): Generator<[number]> {
      yield [1]
      throw error
    }
    expect(await failure(() => db.copyFrom(sql`copy ${kept} (id) from stdin`, rows()))).toBe(error)
    expect(await db.value(count(kept))).toBe(0)
    expect(db.stats()).toMatchObject({ size: 1, destroyed: 0 })
  })

  it('says what the server says of a row, and goes on', async () => {
    await using db = await served.open({ max: 1 })
    const kept = await table(db, 'refused')
    const into = sql`copy ${kept} (id) from stdin`
    const bad = [[1], ['x'], [2]]
    expect((await failure(() => db.copyFrom(into, bad))).code).toBe('STATEMENT')
    expect((await failure(() => db.copyFrom(sql`copy nowhere from stdin`, []))).code).toBe(
      'STATEMENT',
    )
    expect((await failure(() => db.copyFrom(into, [['\uD800']]))).code).toBe('MISUSE')
    expect((await failure(() => db.copyFrom(sql`copy ${1} from stdin`, []))).code).toBe('MISUSE')
    const executed = await failure(() => db.execute(sql`copy ${kept} from stdin`))
    expect(executed.message).toContain('use copyFrom')
    expect(await db.copyFrom(into, [])).toEqual({ count: 0 })
    expect(await db.value(count(kept))).toBe(0)
    expect(db.stats()).toMatchObject({ size: 1, destroyed: 0 })
  })

  it('answers each caller with its own result after a copy that failed before the server read a row', async () => {
    await using db = await served.open({ max: 1 })
    const kept = await table(db, 'frozen')
    for (let i = 0; i < 100; i += 1) {
      const refused = sql`copy ${kept} (id) from stdin (freeze)`
      expect((await failure(() => db.copyFrom(refused, [[1]]))).code).toBe('STATEMENT')
      expect((await failure(() => db.execute(refused))).message).toContain('use copyFrom')
      const wrong = db.copyFrom(sql`copy ${kept} (id) from stdin`, [[undefined]])
      expect((await failure(() => wrong)).code).toBe('MISUSE')
      expect(await db.value(sql`select ${i}::int`)).toBe(i)
      expect(await db.value(sql`select ${i + 1000}::int`)).toBe(i + 1000)
    }
    expect(db.stats()).toMatchObject({ size: 1, destroyed: 0 })
  })

  it('does not take an answer that nobody waits for as that of the next query', async () => {
    await using db = await served.open({ max: 1 })
    const hidden = sql`/* a */ copy pg_class from stdin` // it does not look like one
    expect((await failure(() => db.execute(hidden))).code).toBe('MISUSE')
    expect(await db.value(sql`select 7`)).toBe(7)
  })

  it('runs nothing that is no copy: it might change the connection of whoever gets it next', async () => {
    await using db = await served.open({ max: 1 })
    const setting = sql`set application_name = 'changed'`
    const output = async (): Promise<void> => {
      for await (const _ of db.copyTo(setting));
    }
    for (const wrong of [
      () => db.copyFrom(setting, []),
      output,
      () => db.transaction((tx) => tx.copyFrom(setting, [])),
    ]) {
      expect((await failure(wrong)).message).toContain('query must be a copy, got "set')
    }
    expect(await db.value(sql`select current_setting('application_name')`)).toBe('corral')
    expect(db.stats().destroyed).toBe(0)
  })

  it('refuses lists where an option decides how they are written, and text where one decides its bytes', async () => {
    await using db = await served.open({ max: 1 })
    const kept = await table(db, 'formats')
    const into = (options: Sql): Sql => sql`copy ${kept} (text) from stdin ${options}`
    for (const options of [
      sql`(format csv)`,
      sql`with csv header`,
      sql`(null 'X')`,
      sql`(header)`,
      sql`(delimiter ',')`,
      sql`binary`,
      sql`/* as text */ csv`,
      sql`-- as text\r csv`,
      sql`/* /* as */ text */ csv`,
      sql`(format 'csv')`,
    ]) {
      const error = await failure(() => db.copyFrom(into(options), [['a']]))
      expect(error.code).toBe('MISUSE')
      expect(error.message).toContain('text or bytes, as the option')
    }
    const commented = sql`copy ${kept} (text) from /* here */ stdin csv`
    expect((await failure(() => db.copyFrom(commented, [['a']]))).code).toBe('MISUSE')
    // What looks like a comment, or an option, may be part of a name.
    await db.execute(sql`create table if not exists "formats -- a" (text text, "csv" text)`)
    const named = sql`copy "formats -- a" (text, "csv") from stdin`
    expect((await failure(() => db.copyFrom(sql`${named} csv`, [['a', 'b']]))).code).toBe('MISUSE')
    expect(await db.copyFrom(named, [['a', 'b']])).toEqual({ count: 1 })
    expect(await db.copyFrom(into(sql`/* /* */ csv */ (format 'text')`), [])).toEqual({ count: 0 })
    const latin = into(sql`(encoding 'latin1')`)
    for (const row of [['é'], 'é\n']) {
      expect((await failure(() => db.copyFrom(latin, [row]))).message).toContain('has an encoding')
    }
    await db.copyFrom(latin, [Buffer.from('é\n', 'latin1')])
    await db.copyFrom(into(sql`(format text)`), [[null]])
    await db.copyFrom(into(sql`where text is not null`), [['null'], [null]])
    expect(await db.query(sql`select text from ${kept}`)).toEqual([
      { text: 'é' },
      { text: null },
      { text: 'null' },
    ])
  })

  it.each([undefined, null, 5, {}, () => []])(
    'refuses %s as rows before it begins',
    async (rows) => {
      await using db = await served.open({ max: 1 })
      const error = await failure(() => db.copyFrom(sql`copy pg_class from stdin`, rows as never))
      expect(error.message).toContain('Database.copyFrom: rows must be a list')
      expect(db.stats().queries).toBe(0)
    },
  )

  it('refuses a hole in a row as it does undefined', async () => {
    await using db = await served.open({ max: 1 })
    const kept = await table(db, 'holes')
    const row: number[] = []
    row[1] = 1
    const error = await failure(() => db.copyFrom(sql`copy ${kept} (id, text) from stdin`, [row]))
    expect(error.message).toContain('copyFrom: value 1')
  })

  it('refuses the transaction in the source of its own rows: it would wait for itself', async () => {
    await using db = await served.open({ max: 1 })
    const kept = await table(db, 'own rows')
    await db.transaction(async (tx) => {
      async function* rows(inner: Transaction): AsyncGenerator<[number]> {
        yield [await inner.value<number>(sql`select 7`)]
      }
      const copy = (): Promise<unknown> =>
        tx.transaction((inner) => inner.copyFrom(sql`copy ${kept} (id) from stdin`, rows(inner)))
      expect((await failure(copy)).message).toContain('busy with the copyFrom that this is part of')
    })
    await db.session(async (session) => {
      async function* rows(): AsyncGenerator<[number]> {
        yield [await session.value<number>(sql`select 7`)]
      }
      const copy = (): Promise<unknown> =>
        session.copyFrom(sql`copy ${kept} (id) from stdin`, rows())
      expect((await failure(copy)).message).toContain('busy with the copyFrom that this is part of')
      expect(await session.value(sql`select 1`)).toBe(1)
    })
  })

  it('refuses the pool in the source of its rows when that has no other connection', async () => {
    await using db = await served.open({ max: 1 })
    const kept = await table(db, 'pool rows')
    async function* rows(): AsyncGenerator<[number]> {
      yield [await db.value<number>(sql`select 7`)]
    }
    const into = sql`copy ${kept} (id) from stdin`
    expect((await failure(() => db.copyFrom(into, rows()))).message).toContain('wait for itself')
    await using wide = await served.open({ max: 2 })
    expect(await wide.copyFrom(into, rows())).toEqual({ count: 1 })
  })

  it.each(['before the server asks for rows', 'between two rows', 'as soon as it is sent'])(
    'that is cancelled %s stores nothing, and the next one is unharmed',
    async (when) => {
      await using db = await served.open({ max: 2, applicationName: `copy ${when}` })
      const kept = await table(db, when)
      const scope = new CancelScope()
      const asked = new Event()
      async function* rows(): AsyncGenerator<[number]> {
        yield [1]
        asked.set()
        await new Event().wait()
      }
      const copy = (): Promise<unknown> => db.copyFrom(sql`copy ${kept} (id) from stdin`, rows())
      const cancelled = async (ready: () => Promise<unknown>): Promise<void> => {
        await taskGroup(async (group) => {
          group.spawn(() => scope.run(copy))
          await ready()
          scope.cancel()
        })
      }
      const active = (): Promise<string[]> => served.active(`copy ${when}`)
      if (when.startsWith('between')) await cancelled(() => asked.wait())
      else if (when.startsWith('as soon')) await cancelled(() => until(() => db.stats().busy > 0))
      else {
        await served.observer.transaction(async (tx) => {
          await tx.execute(sql`lock table ${kept}`)
          await cancelled(() => until(async () => (await tx.value(waits(when))) === 1))
        })
      }
      expect(scope.cancelledCaught).toBe(true)
      expect(await active()).toEqual([])
      expect(await db.value(count(kept))).toBe(0)
      expect(db.stats().destroyed).toBe(0)
    },
  )

  it('that is cancelled at any moment leaves its connection whole: 100 times', async () => {
    await using db = await served.open({ max: 1 })
    const kept = await table(db, 'any moment')
    for (let i = 0; i < 100; i++) {
      const scope = new CancelScope()
      const copy = scope.run(() => db.copyFrom(sql`copy ${kept} (id) from stdin`, [[1], [2]]))
      for (let turn = 0; turn < i % 10; turn++) await checkpoint()
      await sleep((i % 4) / 2)
      scope.cancel()
      await copy
      expect(await db.value(sql`select ${i}::int`)).toBe(i)
    }
    expect(db.stats()).toMatchObject({ destroyed: 0, errors: 0 })
  })

  it('hears of the end of its connection though the source has no more to say', async () => {
    await using db = await served.open({ max: 1, applicationName: 'copy lost' })
    const kept = await table(db, 'lost')
    async function* rows(): AsyncGenerator<[number]> {
      yield [1]
      await new Event().wait()
    }
    await taskGroup(async (group) => {
      const error = group.spawn(() =>
        failure(() => db.copyFrom(sql`copy ${kept} (id) from stdin`, rows())),
      )
      await until(async () => (await served.active('copy lost')).length > 0)
      await served.observer.execute(
        sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'copy lost'`,
      )
      expect((await error).code).toBe('CONNECTION_LOST')
    })
    expect(await db.value(count(kept))).toBe(0)
  })

  it('in a transaction is undone with it', async () => {
    await using db = await served.open({ max: 1 })
    const kept = await table(db, 'undone')
    const failed = await failure(() =>
      db.transaction(async (tx) => {
        expect(await tx.copyFrom(sql`copy ${kept} (id) from stdin`, [[1], [2]])).toEqual({
          count: 2,
        })
        throw new Error('no')
      }),
    )
    expect(failed.message).toBe('no')
    expect(await db.value(count(kept))).toBe(0)
  })

  it('is refused on SQLite', async () => {
    await using db = await openSqlite(':memory:')
    expect((await failure(() => db.copyFrom(sql`copy a from stdin`, []))).code).toBe('MISUSE')
    const read = async (): Promise<void> => {
      for await (const _ of db.copyTo(sql`copy a to stdout`));
    }
    expect((await failure(read)).code).toBe('MISUSE')
  })
})

describe('copyTo', () => {
  const rows = (n: number): Sql =>
    sql`copy (select i, repeat('x', 90) from generate_series(1, ${sql.raw(String(n))}) i) to stdout`

  it('gives all rows, whole', async () => {
    await using db = await served.open({ max: 1 })
    let lines = 0
    for await (const piece of db.copyTo(rows(100_000))) {
      const text = Buffer.from(piece).toString()
      expect(text.endsWith('\n')).toBe(true)
      lines += text.split('\n').length - 1
    }
    expect(lines).toBe(100_000)
    expect(db.stats()).toMatchObject({ size: 1, destroyed: 0 })
  })

  it('makes the server wait for a slow reader, and left early stops it', async () => {
    await using db = await served.open({ max: 1, applicationName: 'copy out' })
    globalThis.gc?.()
    const before = process.memoryUsage().arrayBuffers
    for await (const _ of db.copyTo(rows(10_000_000))) {
      await sleep(200) // a gigabyte would come meanwhile
      break
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000)
    expect(await served.active('copy out')).toEqual([])
    expect(await db.value(sql`select 1`)).toBe(1)
    expect(db.stats()).toMatchObject({ size: 1, destroyed: 0 })
  })

  it('refuses the transaction in the loop over its own copyTo: it would wait for itself', async () => {
    await using db = await served.open({ max: 1 })
    await db.transaction(async (tx) => {
      for await (const _ of tx.copyTo(rows(3))) {
        const error = await failure(() => tx.value(sql`select 1`))
        expect(error.message).toContain('busy with a copyTo of this task')
        await expect(tx.transaction(() => {})).rejects.toThrow('busy with a copyTo')
        await expect(tx.copyTo(rows(3)).next()).rejects.toThrow('busy with a copyTo')
      }
      expect(await tx.value(sql`select 1`)).toBe(1)
    })
    await db.session(async (session) => {
      for await (const _ of session.copyTo(rows(3))) {
        await expect(session.value(sql`select 1`)).rejects.toThrow('busy with a copyTo')
      }
    })
  })

  it('lets another task wait for the loop to end', async () => {
    await using db = await served.open({ max: 1 })
    await db.transaction((tx) =>
      taskGroup(async (group) => {
        for await (const _ of tx.copyTo(rows(3))) {
          group.spawn(async () => {
            expect(await tx.value(sql`select 1`)).toBe(1)
          })
          await checkpoint()
        }
      }),
    )
  })

  it('that is left open by a transaction fails it', async () => {
    await using db = await served.open({ max: 1, grace: 100 })
    const error = await failure(() => db.transaction((tx) => tx.copyTo(rows(3)).next()))
    expect(error.message).toContain('1 of its statements or loops had not ended')
    const again = db.session(async (session) => void (await session.copyTo(rows(3)).next()))
    await expect(again).rejects.toThrow('1 of its statements or loops had not ended')
    expect(await db.value(sql`select 1`)).toBe(1)
  })

  it('throws what the server says', async () => {
    await using db = await served.open({ max: 1 })
    const read = async (): Promise<void> => {
      for await (const _ of db.copyTo(
        sql`copy (select 1 / (3 - i) from generate_series(1, 5) i) to stdout`,
      ));
    }
    expect((await failure(read)).code).toBe('STATEMENT')
    expect(await db.value(sql`select 1`)).toBe(1)
  })

  it('that is cancelled has stopped', async () => {
    await using db = await served.open({ max: 1, applicationName: 'copy cut' })
    const scope = new CancelScope()
    let pieces = 0
    await scope.run(async () => {
      try {
        for await (const _ of db.copyTo(rows(10_000_000))) {
          pieces += 1
          scope.cancel()
        }
      } catch (error) {
        expect(isCancelled(error)).toBe(true)
        throw error
      }
    })
    expect(pieces).toBeGreaterThan(0)
    expect(await served.active('copy cut')).toEqual([])
    expect(await db.value(sql`select 1`)).toBe(1)
  })
})

function waits(when: string): Sql {
  return sql`select count(*)::int from pg_stat_activity where application_name = ${`copy ${when}`.slice(0, 63)} and wait_event_type = 'Lock'`
}
