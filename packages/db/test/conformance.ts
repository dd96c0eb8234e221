import {
  CancelScope,
  checkpoint,
  Event,
  gather,
  mapConcurrent,
  MisuseError,
  moveOnAfter,
  spawn,
  taskGroup,
} from 'corral'
import { snapshot } from 'corral/lowlevel'
import type { TaskView } from 'corral/lowlevel'
import { DatabaseError, sql } from '@corral/db'
import type { Database, Executor, QueryEvent, Sql, Transaction } from '@corral/db'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from './temporary-folder.ts'
import { failure, until } from './postgres/serve.ts'

/** An engine under test. */
export interface Engine {
  /** A database of one connection, or one writer, with no tables of ours. */
  open(options?: { readonly onQuery?: (event: QueryEvent) => void }): Promise<Database>
  /** A query that does not end; undefined where reads wait for the writer, and are waited for. */
  readonly endless: Sql | undefined
  /** Reads go on while a transaction is open. */
  readonly isolated: boolean
  /** `count(*)` as the engine gives it. */
  count(n: number): unknown
}

let tables = 0

/** What every engine promises. */
export function conformance(name: string, engine: Engine): void {
  /** A table that no other test has. */
  async function table(db: Database, columns = 'id integer primary key, name text'): Promise<Sql> {
    const made = sql.identifier(`conformance_${(tables += 1)}`)
    await db.execute(sql`create table ${made} (${sql.raw(columns)})`)
    return made
  }

  describe(`${name}: query`, () => {
    it('gives rows as objects', async () => {
      await using db = await engine.open()
      const people = await table(db)
      const rows = [
        [1, 'Ada'],
        [2, 'Bob'],
      ]
      expect(await db.execute(sql`insert into ${people} values ${sql.values(rows)}`)).toEqual({
        count: 2,
      })
      expect(await db.query(sql`select id, name from ${people} order by id`)).toEqual([
        { id: 1, name: 'Ada' },
        { id: 2, name: 'Bob' },
      ])
      expect(await db.query(sql`select name from ${people} where id = ${3}`)).toEqual([])
    })

    it('gives what an insert, update or delete returns', async () => {
      await using db = await engine.open()
      const people = await table(db)
      const made = sql`insert into ${people} (name) select ${'x'} where ${1} = 2 returning id`
      expect(await db.query(made)).toEqual([])
      await db.execute(sql`insert into ${people} values (1, 'a'), (2, 'b')`)
      expect(
        await db.one(sql`update ${people} set name = ${'c'} where id = 2 returning name`),
      ).toEqual({ name: 'c' })
      expect(await db.query(sql`delete from ${people} returning id`)).toHaveLength(2)
      expect(await db.execute(sql`delete from ${people}`)).toEqual({ count: 0 })
    })

    it('one, maybeOne and value want a single row', async () => {
      await using db = await engine.open()
      const none = sql`select 1 as a where 1 = 2`
      const two = sql`select 1 as a union all select 2`
      expect(await db.one(sql`select 1 as a`)).toEqual({ a: 1 })
      expect(await db.maybeOne(none)).toBe(undefined)
      expect(await db.value(sql`select null`)).toBe(null)
      expect((await failure(() => db.one(none))).code).toBe('NO_ROWS')
      expect((await failure(() => db.value(none))).code).toBe('NO_ROWS')
      for (const asked of [() => db.one(two), () => db.maybeOne(two), () => db.value(two)]) {
        expect((await failure(asked)).code).toBe('TOO_MANY_ROWS')
      }
    })

    it('keeps text, bytes, numbers and null as they are', async () => {
      await using db = await engine.open()
      const bytes = engine.count(0) === 0 ? 'blob' : 'bytea'
      const values = await table(
        db,
        `t text, b ${bytes}, i integer, f double precision, j text, n text`,
      )
      const text = 'ä€😀"\'\\ $1 ?1 ? {}'
      const row = sql`(${text}, ${new Uint8Array([0, 255])}, ${-5}, ${0.1}, ${{ a: [1] }}, ${null})`
      await db.execute(sql`insert into ${values} values ${row}`)
      const [read] = await db.query<{ b: Uint8Array }>(sql`select * from ${values}`)
      expect({ ...read, b: [...(read?.b ?? [])] }).toEqual({
        t: text,
        b: [0, 255],
        i: -5,
        f: 0.1,
        j: '{"a":[1]}',
        n: null,
      })
    })

    it('keeps an object as JSON writes it', async () => {
      await using db = await engine.open()
      const values = await table(db, 'j text')
      class Point {
        x = 1
        #y = 2
        get y(): number {
          return this.#y
        }
      }
      const value = {
        a: [null, 'b', { c: new Date(0) }],
        point: new Point(),
        url: new URL('http://x/'),
        left: undefined,
        out: () => 1,
        bare: Object.assign(Object.create(null), { d: true }),
      }
      await db.execute(sql`insert into ${values} values (${value})`)
      expect(await db.value(sql`select j from ${values}`)).toBe(JSON.stringify(value))
    })

    it('keeps integers that a number cannot hold', async () => {
      await using db = await engine.open()
      const values = await table(db, 'n bigint')
      const big = 2n ** 62n + 1n
      await db.execute(sql`insert into ${values} values (${big}), (${-big})`)
      expect(await db.value(sql`select max(n) from ${values}`)).toBe(big)
      expect(await db.value(sql`select min(n) from ${values}`)).toBe(-big)
      expect(await db.value(sql`insert into ${values} values (${big}) returning n`)).toBe(big)
    })

    it('refuses what would not be kept, and goes on', async () => {
      await using db = await engine.open()
      const cyclic: Record<string, unknown> = {}
      cyclic['self'] = cyclic
      const noPlainObjects = [
        ...[
          new Map([[1, 2]]),
          new Set([1]),
          new Float64Array(2),
          new ArrayBuffer(2),
          /x/,
          new Error('x'),
        ],
        ...[new SharedArrayBuffer(2), new URLSearchParams('a=b'), [1].values(), new WeakMap()],
        ...[
          new URL('http://x/'),
          new String('x'),
          { toJSON: () => undefined },
          { toJSON: () => 5 },
        ],
      ]
      const unkept = ['a\0b', '\uD800', cyclic, new Date(NaN), { big: 1n }, ...noPlainObjects]
      for (const value of unkept) {
        await expect(db.query(sql`select ${value}`)).rejects.toThrow(MisuseError)
      }
      for (const [value, path] of [
        [{ a: [1, { b: new Map() }] }, '.a[1].b'],
        [{ a: Buffer.from('x') }, '.a'],
        [{ a: NaN }, '.a'],
        [{ a: -Infinity }, '.a'],
        [{ a: [undefined] }, '.a[0]'],
        [{ a: [() => 1] }, '.a[0]'],
        [{ a: { b: new Date(NaN) } }, '.a.b'],
        [{ a: new Uint8Array(2) }, '.a'],
      ] as const) {
        await expect(db.query(sql`select ${value}`)).rejects.toThrow(
          `sql: value 1 at ${path} must be what JSON can hold, got`,
        )
      }
      await expect(db.query(sql.raw('select 1\0; drop'))).rejects.toThrow(MisuseError)
      await expect(db.query('select 1' as never)).rejects.toThrow('made by the tag sql')
      const many = sql.join(Array.from({ length: 65_536 }, () => 1))
      expect((await failure(() => db.query(sql`select ${many}`))).code).toMatch(/MISUSE|STATEMENT/)
      expect(await db.value(sql`select 1`)).toBe(1)
      expect(db.stats()).toMatchObject({ destroyed: 0 })
    })

    it.each([
      'selec 1',
      'select 1; select 2',
      'select * from nowhere',
      'insert into nowhere values (1)',
    ])('throws what the database says of %s, and goes on', async (text) => {
      await using db = await engine.open()
      const error = await failure(() => db.query(sql.raw(text)))
      expect(error).toBeInstanceOf(DatabaseError)
      expect(error.code).toBe('STATEMENT')
      expect(await db.value(sql`select 1`)).toBe(1)
      expect(db.stats()).toMatchObject({ destroyed: 0, errors: 1 })
    })

    it('takes one statement with comments and a semicolon behind it', async () => {
      await using db = await engine.open()
      expect(await db.value(sql`/* a */ select 1; -- done`)).toBe(1)
    })

    it('names the constraint', async () => {
      await using db = await engine.open()
      const born = await table(db, 'id int primary key, year int not null check (year > 1900)')
      await db.execute(sql`insert into ${born} values (1, 1950)`)
      const insert = (id: number, year: number | null) => () =>
        db.execute(sql`insert into ${born} values (${id}, ${year})`)
      expect((await failure(insert(1, 1960))).code).toBe('UNIQUE')
      expect((await failure(insert(2, 1800))).code).toBe('CHECK')
      expect(await failure(insert(2, null))).toMatchObject({ code: 'NOT_NULL', column: 'year' })
      const child = await table(db, `born int references "conformance_${tables}" (id)`)
      const orphan = sql`insert into ${child} values (7)`
      expect((await failure(() => db.execute(orphan))).code).toBe('FOREIGN_KEY')
    })

    it('refuses two columns of one name, and a transaction left open', async () => {
      await using db = await engine.open()
      const twice = await failure(() => db.query(sql`select 1 as a, 2 as a`))
      expect(twice.code).toBe('DUPLICATE_COLUMN')
      expect((await failure(() => db.execute(sql`begin`))).code).toBe('UNFINISHED_TRANSACTION')
      expect(await db.value(sql`select 1`)).toBe(1)
    })

    it('sees columns that were added or renamed', async () => {
      await using db = await engine.open()
      const changing = await table(db, 'a int')
      await db.execute(sql`insert into ${changing} values (1)`)
      const all = sql`select * from ${changing}`
      expect(await db.one(all)).toEqual({ a: 1 })
      await db.execute(sql`alter table ${changing} rename column a to b`)
      expect(await db.one(all)).toEqual({ b: 1 })
      await db.execute(sql`alter table ${changing} add column c int`)
      expect(await db.one(all)).toEqual({ b: 1, c: null })
    })

    it('tells onQuery of each', async () => {
      const events: QueryEvent[] = []
      await using db = await engine.open({ onQuery: (event) => void events.push(event) })
      await db.query(sql`select ${1} as a`)
      await failure(() => db.query(sql`select a from nowhere`))
      expect(events).toMatchObject([
        { text: 'select $1 as a', count: 1, error: undefined },
        { text: 'select a from nowhere', count: undefined, error: { code: 'STATEMENT' } },
      ])
    })

    it.skipIf(engine.endless === undefined)('is seen to wait for its database', async () => {
      await using db = await engine.open()
      const waits = (tasks: readonly TaskView[]): unknown[] =>
        tasks.flatMap((task) => [...task.waits.map((wait) => wait.name), ...waits(task.children)])
      await taskGroup(async (group) => {
        const asks = group.spawn(() => db.query(engine.endless as Sql))
        await until(async () => waits(snapshot()).includes(db.engine))
        asks.cancel()
      })
      expect(waits(snapshot())).not.toContain(db.engine)
    })

    it('runs hundreds at once', async () => {
      await using db = await engine.open()
      const numbers = await table(db, 'n int')
      const all = Array.from({ length: 500 }, (_, i) => i)
      await mapConcurrent(all, (n) => db.execute(sql`insert into ${numbers} values (${n})`), {
        concurrency: Infinity,
      })
      const read = await mapConcurrent(
        all,
        (n) => db.value(sql`select n from ${numbers} where n = ${n}`),
        { concurrency: Infinity },
      )
      expect(read).toEqual(all)
      expect(db.stats()).toMatchObject({ waiting: 0, errors: 0 })
    })
  })

  describe(`${name}: transaction`, () => {
    it('commits what returns and rolls back what throws', async () => {
      await using db = await engine.open()
      const plain = await table(db, 'id int')
      const given = await db.transaction(async (tx) => {
        await tx.execute(sql`insert into ${plain} values (1)`)
        return 'done'
      })
      expect(given).toBe('done')
      const error = new Error('no')
      const thrown = await failure(() =>
        db.transaction(async (tx) => {
          await tx.execute(sql`insert into ${plain} values (2)`)
          throw error
        }),
      )
      expect(thrown).toBe(error)
      expect(await db.query(sql`select id from ${plain}`)).toEqual([{ id: 1 }])
    })

    it('nests: an inner one that fails undoes only itself', async () => {
      await using db = await engine.open()
      const nested = await table(db, 'id int primary key')
      const acts: number[] = []
      await db.transaction(async (tx) => {
        await tx.execute(sql`insert into ${nested} values (1)`)
        const error = await failure(() =>
          tx.transaction(async (inner) => {
            inner.afterCommit(() => void acts.push(1))
            await inner.execute(sql`insert into ${nested} values (2)`)
            await inner.execute(sql`insert into ${nested} values (1)`)
          }),
        )
        expect(error.code).toBe('UNIQUE')
        await tx.transaction(async (inner) => {
          inner.afterCommit(() => void acts.push(3))
          await inner.transaction((third) => third.execute(sql`insert into ${nested} values (3)`))
        })
        expect(acts).toEqual([])
      })
      expect(acts).toEqual([3])
      expect(await db.query(sql`select id from ${nested} order by id`)).toEqual([
        { id: 1 },
        { id: 3 },
      ])
    })

    it('calls every callback of afterCommit, and says that all is committed when one fails', async () => {
      await using db = await engine.open()
      const kept = await table(db, 'id int')
      const acts: number[] = []
      const error = await failure(() =>
        db.transaction(async (tx) => {
          await tx.execute(sql`insert into ${kept} values (1)`)
          tx.afterCommit(() => {
            throw new Error('the mail server is down')
          })
          tx.afterCommit(() => void acts.push(2))
        }),
      )
      expect(error).toMatchObject({
        code: 'AFTER_COMMIT',
        message: expect.stringContaining('is committed, but 1 of its 2 callbacks'),
        cause: { message: 'the mail server is down' },
      })
      expect(acts).toEqual([2])
      expect(await db.query(sql`select id from ${kept}`)).toEqual([{ id: 1 }])
    })

    it('calls every callback of afterCommit when it is cancelled in one of them', async () => {
      await using db = await engine.open()
      const acts: string[] = []
      const scope = new CancelScope()
      await scope.run(async () => {
        await db.transaction((tx) => {
          tx.afterCommit(async () => {
            scope.cancel('enough')
            await checkpoint()
          })
          tx.afterCommit(() => void acts.push('called'))
        })
        acts.push('went on')
      })
      expect(acts).toEqual(['called'])
    })

    it('is rolled back when a statement in it was not awaited: half of them would be committed', async () => {
      await using db = await engine.open()
      const kept = await table(db, 'id int')
      const late: Promise<unknown>[] = []
      const error = await failure(() =>
        db.transaction(async (tx) => {
          for (let i = 0; i < 5; i++) {
            late.push(tx.execute(sql`insert into ${kept} values (${i})`).catch(String))
          }
        }),
      )
      expect(error.code).toBe('MISUSE')
      expect(error.message).toContain('5 of its statements or loops had not ended')
      await Promise.all(late)
      expect(await db.query(sql`select id from ${kept}`)).toEqual([])
      await db.transaction(async (tx) => {
        const inner = await failure(() =>
          tx.transaction(async (part) => {
            late.push(part.execute(sql`insert into ${kept} values (5)`).catch(String))
          }),
        )
        expect(inner.message).toContain('had not ended')
        await tx.execute(sql`insert into ${kept} values (6)`)
      })
      expect(await db.query(sql`select id from ${kept}`)).toEqual([{ id: 6 }])
    })

    it('refuses to be closed in what it would wait for', async () => {
      await using db = await engine.open()
      await db.session(async () => {
        await expect(db.close()).rejects.toThrow('call it after that')
      })
      expect(await db.query(sql`select 1 as one`)).toHaveLength(1)
    })

    it('refuses a write in a session that has the only connection for it, instead of a deadlock', async () => {
      await using db = await engine.open()
      const kept = await table(db, 'id int')
      const insert = sql`insert into ${kept} values (1)`
      await db.session(async (session) => {
        await expect(db.execute(insert)).rejects.toThrow('it would wait for itself')
        await expect(db.session(() => {})).rejects.toThrow('it would wait for itself')
        await session.execute(insert)
      })
      expect(await db.query(sql`select id from ${kept}`)).toEqual([{ id: 1 }])
    })

    it('lets what runs beside a stream in the same task wait: so do the handlers of a server', async () => {
      await using db = await engine.open()
      await spawn(async () => {
        let read = 0
        const reading = async (): Promise<void> => {
          for await (const _ of db.stream(sql`select 1 as one`)) {
            await checkpoint()
            read += 1
          }
        }
        const handlers: Promise<unknown>[] = []
        for (let i = 0; i < 6; i++) handlers.push(reading(), db.query(sql`select 1 as one`))
        for (const handled of handlers) await handled
        expect(read).toBe(6)
      })
    })

    it('lets a task that was begun in a transaction, and outlives it, use the database', async () => {
      await using db = await engine.open()
      await taskGroup(async (group) => {
        const over = new Event()
        const later = await db.transaction((tx) => {
          const task = group.spawn(async () => {
            await over.wait()
            return await db.query(sql`select 1 as one`)
          })
          return tx.query(sql`select 1 as one`).then(() => ({ task }))
        })
        over.set()
        expect(await later.task).toHaveLength(1)
      })
    })

    it('refuses an afterCommit after the end', async () => {
      await using db = await engine.open()
      const tx = await db.transaction((own) => ({ own }))
      expect(() => tx.own.afterCommit(() => {})).toThrow('the transaction is over')
    })

    it('takes the statements of several tasks one after the other', async () => {
      await using db = await engine.open()
      const sums = await db.transaction((tx) =>
        gather([1, 2, 3].map((n) => () => tx.value(sql`select ${sql.raw(String(n))} + 1`))),
      )
      expect(sums).toEqual([2, 3, 4])
    })

    it('keeps others from seeing what is not committed', async () => {
      await using db = await engine.open()
      const hidden = await table(db, 'id int')
      const count = sql`select count(*) from ${hidden}`
      const [wrote, look] = [new Event(), new Event()]
      await taskGroup(async (group) => {
        const transaction = group.spawn(() =>
          db.transaction(async (tx) => {
            await tx.execute(sql`insert into ${hidden} values (1)`)
            wrote.set()
            await look.wait()
          }),
        )
        await wrote.wait()
        if (engine.isolated) expect(await db.value(count)).toEqual(engine.count(0))
        look.set()
        await transaction
      })
      expect(await db.value(count)).toEqual(engine.count(1))
    })

    it('refuses the database and the outer handle inside, instead of a deadlock', async () => {
      await using db = await engine.open()
      await db.transaction(async (tx) => {
        await expect(db.query(sql`select 1`)).rejects.toThrow(MisuseError)
        await expect(db.execute(sql`create table no (id int)`)).rejects.toThrow(MisuseError)
        await expect(db.transaction(async () => {})).rejects.toThrow('inside its own transaction')
        await expect(db.session(async () => {})).rejects.toThrow('inside its own transaction')
        await tx.transaction(async (inner) => {
          await expect(tx.query(sql`select 1`)).rejects.toThrow('use the inner one')
          expect(await inner.value(sql`select 1`)).toBe(1)
        })
        expect(await tx.value(sql`select 2`)).toBe(2)
      })
    })

    it('refuses a handle that is over', async () => {
      await using db = await engine.open()
      let kept: Transaction | undefined
      await db.transaction(async (tx) => void (kept = tx))
      await expect(kept?.query(sql`select 1`)).rejects.toThrow('the transaction is over')
    })

    it('says so when raw SQL ended it', async () => {
      await using db = await engine.open()
      const ended = await failure(() => db.transaction((tx) => tx.execute(sql`commit`)))
      expect(ended.code).toBe('MISUSE')
      expect(await db.value(sql`select 1`)).toBe(1)
    })

    it('may be read only', async () => {
      await using db = await engine.open()
      const kept = await table(db, 'id int')
      const writes = (tx: Transaction): Promise<unknown> =>
        tx.execute(sql`insert into ${kept} values (1)`)
      expect((await failure(() => db.transaction(writes, { readOnly: true }))).code).toBe(
        'READ_ONLY',
      )
      const count = (tx: Transaction): Promise<unknown> =>
        tx.value(sql`select count(*) from ${kept}`)
      expect(await db.transaction(count, { readOnly: true })).toEqual(engine.count(0))
    })

    it('that is cancelled is rolled back when it returns', async () => {
      await using db = await engine.open()
      const cut = await table(db, 'id int')
      const scope = new CancelScope()
      await scope.run(() =>
        db.transaction(async (tx) => {
          await tx.execute(sql`insert into ${cut} values (1)`)
          scope.cancel()
          await tx.execute(sql`insert into ${cut} values (2)`)
        }),
      )
      expect(scope.cancelledCaught).toBe(true)
      expect(await db.value(sql`select count(*) from ${cut}`)).toEqual(engine.count(0))
    })
  })

  describe(`${name}: stream`, () => {
    const numbers = (n: number): Sql =>
      sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${sql.raw(String(n))}) select i from n`

    it.each([1, 7, 500, 2500])('gives all rows in batches of %s', async (batch) => {
      await using db = await engine.open()
      let sum = 0
      for await (const { i } of db.stream<{ i: number }>(numbers(2500), { batch })) sum += i
      expect(sum).toBe((2500 * 2501) / 2)
      expect(db.stats()).toMatchObject({ busy: 0, destroyed: 0 })
    })

    it('left early gives its connection back', async () => {
      await using db = await engine.open()
      for await (const _ of db.stream(numbers(1_000_000), { batch: 10 })) break
      await until(() => db.stats().busy === 0)
      expect(await db.value(sql`select 1`)).toBe(1)
      expect(db.stats().destroyed).toBe(0)
    })

    it('in a transaction lets other statements in between', async () => {
      await using db = await engine.open()
      await db.transaction(async (tx) => {
        const seen: unknown[] = []
        for await (const { i } of tx.stream<{ i: number }>(numbers(3), { batch: 1 })) {
          seen.push(await tx.value(sql`select ${sql.raw(String(i))} * 10`))
        }
        expect(seen).toEqual([10, 20, 30])
      })
    })

    it('that nobody ends holds nothing once its transaction or session is over', async () => {
      await using db = await engine.open()
      const kept = await table(db, 'id int')
      const add = sql`insert into ${kept} values (1), (2), (3)`
      await db.execute(add)
      const left: AsyncGenerator[] = []
      const begin = async (on: Executor): Promise<void> => {
        const rows = on.stream(sql`select id from ${kept}`, { batch: 1 })
        left.push(rows)
        await rows.next()
      }
      await db.transaction(begin)
      await db.transaction(begin, { readOnly: true })
      await db.session(begin)
      await db.execute(add)
      for (let i = 0; i < 3; i++) {
        expect(await db.value(sql`select count(*) from ${kept}`)).toBe(engine.count(6))
      }
      await db.execute(sql`drop table ${kept}`)
      for (const rows of left) await rows.return(undefined)
      expect(db.stats()).toMatchObject({ busy: 0, destroyed: 0 })
    })

    it('of what is no query throws, and goes on', async () => {
      await using db = await engine.open()
      const read = async (): Promise<void> => {
        for await (const _ of db.stream(sql`select * from nowhere`));
      }
      expect((await failure(read)).code).toBe('STATEMENT')
      expect(await db.value(sql`select 1`)).toBe(1)
    })
  })

  describe(`${name}: a cancellation`, () => {
    const { endless = sql`` } = engine
    const waits = engine.endless === undefined

    it.skipIf(waits)('of a running query ends it, and the next one is unharmed', async () => {
      await using db = await engine.open()
      await db.value(sql`select 1`)
      expect((await moveOnAfter(50, () => db.query(endless))).timedOut).toBe(true)
      expect(await db.value(sql`select 1`)).toBe(1)
      expect(db.stats()).toMatchObject({ busy: 0, cancels: 1 })
    })

    it.skipIf(waits)('of a stream ends the fetch', async () => {
      await using db = await engine.open()
      const rows = async (): Promise<void> => {
        for await (const _ of db.stream(endless, { batch: 1 }));
      }
      expect((await moveOnAfter(100, rows)).timedOut).toBe(true)
      expect(await db.value(sql`select 1`)).toBe(1)
      expect(db.stats().busy).toBe(0)
    })

    it('in line takes nothing', async () => {
      await using db = await engine.open()
      const waiting = await table(db, 'id int')
      const [began, end] = [new Event(), new Event()]
      await taskGroup(async (group) => {
        group.spawn(() =>
          db.transaction(async () => {
            began.set()
            await end.wait()
          }),
        )
        await began.wait()
        const scope = new CancelScope()
        const insert = group.spawn(() =>
          scope.run(() => db.execute(sql`insert into ${waiting} values (1)`)),
        )
        await until(() => db.stats().waiting === 1)
        scope.cancel()
        await insert
        expect(db.stats()).toMatchObject({ waiting: 0, cancels: 0 })
        end.set()
      })
      expect(await db.value(sql`select count(*) from ${waiting}`)).toEqual(engine.count(0))
    })

    it('at any moment hits no other statement', async () => {
      await using db = await engine.open()
      const wrong: unknown[] = []
      await mapConcurrent(
        Array.from({ length: 200 }, (_, i) => i),
        async (i) => {
          const scope = new CancelScope()
          const query = scope.run(() => db.query(sql`select 1`))
          for (let turn = 0; turn < i % 7; turn++) await checkpoint()
          scope.cancel()
          await query
          const value = await db.value(sql`select ${sql.raw(String(i))}`)
          if (value !== i) wrong.push(value)
        },
        { concurrency: 4 },
      )
      expect(wrong).toEqual([])
      expect(db.stats().errors).toBe(0)
      await until(() => db.stats().busy === 0)
    })
  })

  describe(`${name}: session`, () => {
    it('has one connection, and leaves nothing of it to the next', async () => {
      await using db = await engine.open()
      await db.session(async (session) => {
        await session.execute(sql`create temporary table scratch (id int)`)
        await session.transaction((tx) => tx.execute(sql`insert into scratch values (1)`))
        expect(await session.value(sql`select count(*) from scratch`)).toEqual(engine.count(1))
      })
      const gone = await failure(() => db.session((next) => next.query(sql`select * from scratch`)))
      expect(gone.code).toBe('STATEMENT')
      expect(db.stats()).toMatchObject({ busy: 0, destroyed: 0 })
    })
  })

  describe(`${name}: a stream of a session`, () => {
    const numbers = sql`select 1 as i union all select 2 union all select 3`

    it('lets other statements in between, each committed by itself', async () => {
      await using db = await engine.open()
      const kept = await table(db, 'id int primary key')
      const add = (i: number): Sql => sql`insert into ${kept} values (${i})`
      const error = new Error('no')
      const thrown = await failure(() =>
        db.session(async (session) => {
          for await (const { i } of session.stream<{ i: number }>(numbers, { batch: 1 })) {
            await session.execute(add(i))
            expect((await failure(() => session.execute(add(i)))).code).toBe('UNIQUE')
            await session.transaction((tx) => tx.execute(add(-i)))
            if (i === 2) throw error
          }
        }),
      )
      expect(thrown).toBe(error)
      expect(await db.query(sql`select id from ${kept} order by id`)).toEqual(
        [-2, -1, 1, 2].map((id) => ({ id })),
      )
      expect(db.stats()).toMatchObject({ busy: 0, destroyed: 0 })
    })

    it('begins when a transaction of another task has ended', async () => {
      await using db = await engine.open()
      await db.session(async (session) => {
        const [began, end] = [new Event(), new Event()]
        const seen: unknown[] = []
        await taskGroup(async (group) => {
          group.spawn(() =>
            session.transaction(async () => {
              began.set()
              await end.wait()
            }),
          )
          await began.wait()
          group.spawn(async () => {
            for await (const { i } of session.stream(numbers, { batch: 2 })) seen.push(i)
          })
          await checkpoint()
          end.set()
        })
        expect(seen).toEqual([1, 2, 3])
      })
    })

    it('may be inside a transaction begun by hand', async () => {
      await using db = await engine.open()
      await db.session(async (session) => {
        await session.execute(sql`begin`)
        for await (const _ of session.stream(numbers, { batch: 1 })) break
        await session.execute(sql`commit`)
        expect(await session.value(sql`select 1`)).toBe(1)
      })
    })
  })

  describe(`${name}: a transaction begun by hand in a session`, () => {
    it('and left open is rolled back, and reported', async () => {
      await using db = await engine.open()
      const lost = await table(db, 'id int')
      const insert = sql`insert into ${lost} values (1)`
      for (const spoil of [false, true]) {
        const error = await failure(() =>
          db.session(async (session) => {
            await session.execute(sql`begin`)
            await session.execute(insert)
            if (spoil) await failure(() => session.execute(sql`insert into nowhere values (1)`))
          }),
        )
        expect(error).toMatchObject({
          code: 'UNFINISHED_TRANSACTION',
          message: expect.stringContaining('Database.session: raw SQL left a transaction open'),
        })
      }
      expect(await db.value(sql`select count(*) from ${lost}`)).toEqual(engine.count(0))
      await db.session(async (session) => {
        await session.execute(sql`begin`)
        await session.execute(insert)
        await session.execute(sql`commit`)
      })
      expect(await db.value(sql`select count(*) from ${lost}`)).toEqual(engine.count(1))
      expect(db.stats()).toMatchObject({ busy: 0, destroyed: 0 })
    })

    it('is not ended by a transaction of ours inside it', async () => {
      await using db = await engine.open()
      const kept = await table(db, 'id int')
      await db.session(async (session) => {
        await session.execute(sql`begin`)
        await session.execute(sql`insert into ${kept} values (1)`)
        const refused = await failure(() => session.transaction(async () => {}))
        expect(refused).toMatchObject({
          code: 'MISUSE',
          message: expect.stringContaining('raw SQL has begun a transaction'),
        })
        await session.execute(sql`rollback`)
        await session.transaction((tx) => tx.execute(sql`insert into ${kept} values (2)`))
      })
      expect(await db.query(sql`select id from ${kept}`)).toEqual([{ id: 2 }])
    })

    it('does not hide the error of the session', async () => {
      await using db = await engine.open()
      const error = new Error('no')
      const thrown = await failure(() =>
        db.session(async (session) => {
          await session.execute(sql`begin`)
          throw error
        }),
      )
      expect(thrown).toBe(error)
    })
  })

  describe(`${name}: migrate`, () => {
    const prefix = (): string => `migrated_${(tables += 1)}`
    const fresh = async (db: Database): Promise<void> => {
      await db.execute(sql`drop table if exists corral_migration`)
    }

    it('does each once, in order, and notes it', async () => {
      await using db = await engine.open()
      await fresh(db)
      const table = prefix()
      const first = {
        name: '1',
        up: `create table ${table} (id int); insert into ${table} values (1);`,
      }
      const second = {
        name: '2',
        up: (tx: Executor) => tx.execute(sql`insert into ${sql.identifier(table)} values (2)`),
      }
      expect(await db.migrate([first])).toEqual(['1'])
      expect(await db.migrate([first, second])).toEqual(['2'])
      expect(await db.migrate([first, second])).toEqual([])
      expect(await db.value(sql`select count(*) from ${sql.identifier(table)}`)).toEqual(
        engine.count(2),
      )
    })

    it('keeps what was done when a later one fails, and goes on from there', async () => {
      await using db = await engine.open()
      await fresh(db)
      const table = prefix()
      const first = { name: 'a', up: `create table ${table} (id int)` }
      const half = { name: 'b', up: `insert into ${table} values (1); insert into no values (1)` }
      expect((await failure(() => db.migrate([first, half]))).code).toBe('STATEMENT')
      expect(await db.value(sql`select count(*) from ${sql.identifier(table)}`)).toEqual(
        engine.count(0),
      )
      const mended = { name: 'b', up: `insert into ${table} values (1)` }
      expect(await db.migrate([first, mended])).toEqual(['b'])
    })

    it('refuses what was changed, is not known, or comes too late', async () => {
      await using db = await engine.open()
      await fresh(db)
      const steps = ['1', '2', '3'].map((name) => ({ name, up: 'select 1' }))
      await db.migrate(steps.slice(0, 2))
      const changed = [{ name: '1', up: 'select 2' }, ...steps.slice(1)]
      expect((await failure(() => db.migrate(changed))).message).toContain(
        '1 is not what was applied',
      )
      expect((await failure(() => db.migrate(steps.slice(0, 1)))).message).toContain(
        'does not know it',
      )
      const late = [...steps.slice(0, 1), { name: '1b', up: 'select 1' }, ...steps.slice(1)]
      expect((await failure(() => db.migrate(late))).message).toContain('a later place')
      const twice = [...steps, { name: '1', up: 'select 1' }]
      expect((await failure(() => db.migrate(twice))).code).toBe('MISUSE')
      expect(await db.migrate(steps)).toEqual(['3'])
    })

    it('has one winner of several', async () => {
      await using db = await engine.open()
      await fresh(db)
      const table = prefix()
      const steps = [
        { name: '1', up: `create table ${table} (id int)` },
        { name: '2', up: `insert into ${table} values (1)` },
      ]
      const done = await gather([1, 2, 3].map(() => () => db.migrate(steps)))
      expect(done.flat()).toEqual(['1', '2'])
    })

    it('can leave the transaction out', async () => {
      await using db = await engine.open()
      await fresh(db)
      const vacuum = { name: '1', up: 'vacuum', transaction: false }
      expect((await failure(() => db.migrate([{ name: '1', up: 'vacuum' }]))).code).toBe(
        'STATEMENT',
      )
      expect(await db.migrate([vacuum])).toEqual(['1'])
      expect(await db.migrate([vacuum])).toEqual([])
    })

    it('reads a folder of numbered files', async () => {
      await using db = await engine.open()
      await fresh(db)
      using folder = temporaryFolder()
      const table = prefix()
      const write = (file: string, text: string): void =>
        writeFileSync(join(folder.path, file), text)
      write('10-more.sql', `insert into ${table} values (2);`)
      write('2-table.sql', `create table ${table} (id int);\ninsert into ${table} values (1);`)
      write('readme.txt', 'no')
      expect(await db.migrate(folder.path)).toEqual(['2-table', '10-more'])
      write('010-again.sql', 'select 1')
      expect((await failure(() => db.migrate(folder.path))).message).toContain('number of its own')
    })

    it('takes a file for one, whatever the letters of its ending and the mark in front of it', async () => {
      await using db = await engine.open()
      await fresh(db)
      using folder = temporaryFolder()
      writeFileSync(join(folder.path, '1-marked.SQL'), '\uFEFFselect 1')
      expect(await db.migrate(folder.path)).toEqual(['1-marked'])
      mkdirSync(join(folder.path, '2-folder.sql'))
      for (const path of [folder.path, join(folder.path, '1-marked.SQL'), '/nowhere/at/all']) {
        const { code, message } = await failure(() => db.migrate(path))
        expect(code).toBe('MIGRATION')
        expect(message).toContain(path)
        expect(message).toContain('cannot be read')
      }
    })

    it('says which one failed, and how', async () => {
      await using db = await engine.open()
      await fresh(db)
      const thrown = new Error('the disk is full')
      const runs: [unknown, object][] = [
        ['selec 1', { code: 'STATEMENT' }],
        [(tx: Executor) => tx.execute(sql`selec 1`), { code: 'STATEMENT' }],
        [(tx: Executor) => tx.query('select 1' as never), { code: 'MISUSE' }],
        [() => Promise.reject(thrown), { code: 'MIGRATION', cause: thrown }],
      ]
      for (const transaction of [true, false]) {
        for (const [up, error] of runs) {
          const steps = [{ name: '1-broken', up: up as string, transaction }]
          expect(await failure(() => db.migrate(steps))).toMatchObject({
            ...error,
            message: expect.stringMatching(/^Database\.migrate: 1-broken: (?!.*Database.migrate)/),
          })
        }
      }
      const scope = new CancelScope()
      await scope.run(() =>
        db.migrate([
          {
            name: '1',
            up: async () => {
              scope.cancel()
              await checkpoint()
            },
          },
        ]),
      )
      expect(scope.cancelledCaught).toBe(true)
    })

    it.each([
      [undefined, 'migrations must be a list, or a folder'],
      [null, 'migrations must be a list, or a folder'],
      [5, 'migrations must be a list, or a folder'],
      [{}, 'migrations must be a list, or a folder'],
      ['', 'migrations must be a list, or a folder'],
      [new URL('http://x/'), 'migrations must be a list, or a folder'],
      [[null], 'migration must be an object with name and up, got null'],
      [[{ name: '', up: 'select 1' }], 'name must be a name that is not empty'],
      [
        [{ name: 'a', up: sql`select 1` }],
        'a: up must be SQL as a string that is not empty, or a function',
      ],
      [
        [{ name: 'a', up: ' \n' }],
        'a: up must be SQL as a string that is not empty, or a function',
      ],
      [[{ name: 'a', up: 'x', transaction: 'no' }], 'a: transaction must be true or false'],
    ])('refuses %j', async (given, said) => {
      await using db = await engine.open()
      const { code, message } = await failure(() => db.migrate(given as never))
      expect(code).toBe('MISUSE')
      expect(message).toContain(`Database.migrate: ${said}`)
    })
  })

  describe(`${name}: close`, () => {
    it('waits for what is under way, and then refuses', async () => {
      const db = await engine.open()
      const closing = await table(db, 'id int')
      const began = new Event()
      let ended = false
      await taskGroup(async (group) => {
        group.spawn(() =>
          db.transaction(async (tx) => {
            began.set()
            for (let i = 0; i < 20; i++) await tx.execute(sql`insert into ${closing} values (1)`)
            ended = true
          }),
        )
        await began.wait()
        await db.close()
        expect(ended).toBe(true)
      })
      expect(await failure(() => db.query(sql`select 1`))).toMatchObject({
        code: 'CLOSED',
        message: 'Database: it is closed; open it again',
      })
      expect((await failure(() => db.execute(sql`delete from x`))).code).toBe('CLOSED')
      await db.close()
    })
  })
}
