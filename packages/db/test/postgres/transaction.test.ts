import { Event, gather, MisuseError, spawn } from 'corral'
import { sql } from '@corral/db'
import type { Transaction } from '@corral/db'
import { describe, expect, it } from 'vitest'
import { failure, serve } from './serve.ts'

const served = serve()

describe('Database.transaction', () => {
  it('commits what returns and rolls back what throws', async () => {
    await using db = await served.open()
    await db.execute(sql`create table plain (id int)`)
    const given = await db.transaction(async (tx) => {
      await tx.execute(sql`insert into plain values (1)`)
      return 'done'
    })
    expect(given).toBe('done')
    const error = new Error('no')
    const thrown = await failure(() =>
      db.transaction(async (tx) => {
        await tx.execute(sql`insert into plain values (2)`)
        throw error
      }),
    )
    expect(thrown).toBe(error)
    expect(await db.query(sql`select id from plain`)).toEqual([{ id: 1 }])
  })

  it('nests: an inner one that fails undoes only itself', async () => {
    await using db = await served.open()
    await db.execute(sql`create table nested (id int primary key)`)
    const acts: number[] = []
    await db.transaction(async (tx) => {
      await tx.execute(sql`insert into nested values (1)`)
      const error = await failure(() =>
        tx.transaction(async (inner) => {
          inner.afterCommit(() => void acts.push(1))
          await inner.execute(sql`insert into nested values (2)`)
          await inner.execute(sql`insert into nested values (1)`)
        }),
      )
      expect(error.code).toBe('UNIQUE')
      await tx.transaction(async (inner) => {
        inner.afterCommit(() => void acts.push(3))
        await inner.transaction((third) => third.execute(sql`insert into nested values (3)`))
      })
      expect(acts).toEqual([])
    })
    expect(acts).toEqual([3])
    expect(await db.query(sql`select id from nested order by id`)).toEqual([{ id: 1 }, { id: 3 }])
  })

  it('takes the statements of several tasks one after the other', async () => {
    await using db = await served.open()
    const sums = await db.transaction((tx) =>
      gather([1, 2, 3].map((n) => () => tx.value(sql`select ${n}::int + 1`))),
    )
    expect(sums).toEqual([2, 3, 4])
  })

  it('refuses the database and the outer handle inside, instead of a deadlock', async () => {
    await using db = await served.open({ max: 1 })
    await db.transaction(async (tx) => {
      await expect(db.query(sql`select 1`)).rejects.toThrow(MisuseError)
      await expect(db.transaction(async () => {})).rejects.toThrow('inside its own transaction')
      await tx.transaction(async (inner) => {
        await expect(tx.query(sql`select 1`)).rejects.toThrow('use the inner one')
        expect(await inner.value(sql`select 1`)).toBe(1)
      })
      expect(await tx.value(sql`select 2`)).toBe(2)
    })
  })

  it('refuses a handle that is over, also to those who wait in its line', async () => {
    await using db = await served.open()
    let kept: Transaction | undefined
    let late: Promise<unknown> | undefined
    const error = await failure(() =>
      db.transaction(async (tx) => {
        kept = tx
        spawn(() => tx.query(sql`select pg_sleep(0.05)`))
        await Promise.resolve()
        late = failure(() => tx.query(sql`select 1`))
      }),
    )
    expect(error.message).toContain('2 of its statements or loops had not ended')
    expect(await late).toMatchObject({ code: 'MISUSE' })
    await expect(kept?.query(sql`select 1`)).rejects.toThrow('the transaction is over')
  })

  it('runs again when it could not be serialised, if asked to', async () => {
    await using db = await served.open()
    await db.execute(sql`create table doctors (id int, on_call bool)`)
    await db.execute(sql`insert into doctors values (1, true), (2, true)`)
    let runs = 0
    const both = new Event()
    const leave = (id: number) => (): Promise<unknown> =>
      db.transaction(
        async (tx) => {
          runs += 1
          const left = await tx.value<number>(sql`select count(*)::int from doctors where on_call`)
          if (runs === 2) both.set()
          await both.wait()
          if (left > 1) await tx.execute(sql`update doctors set on_call = false where id = ${id}`)
        },
        { isolation: 'serializable', attempts: 10 },
      )
    await gather([leave(1), leave(2)])
    expect(await db.value(sql`select count(*)::int from doctors where on_call`)).toBe(1)
    expect(runs).toBeGreaterThan(2)
  })

  it('does not run again by itself', async () => {
    await using db = await served.open()
    await db.execute(sql`create table pair (id int primary key, n int)`)
    await db.execute(sql`insert into pair values (1, 0), (2, 0)`)
    let begun = 0
    const both = new Event()
    const change = (first: number, second: number) => (): Promise<unknown> =>
      db.transaction(async (tx) => {
        await tx.execute(sql`update pair set n = n + 1 where id = ${first}`)
        begun += 1
        if (begun === 2) both.set()
        await both.wait()
        await tx.execute(sql`update pair set n = n + 1 where id = ${second}`)
      })
    const error = await failure(() => gather([change(1, 2), change(2, 1)]))
    expect(error).toMatchObject({ code: 'DEADLOCK', sqlState: '40P01' })
  })

  it('says so when a caught error has aborted it, and when raw SQL ended it', async () => {
    await using db = await served.open()
    const aborted = await failure(() =>
      db.transaction(async (tx) => {
        await failure(() => tx.query(sql`select 1 / 0`))
      }),
    )
    expect(aborted.code).toBe('TRANSACTION_ABORTED')
    const ended = await failure(() => db.transaction((tx) => tx.execute(sql`commit`)))
    expect(ended.code).toBe('MISUSE')
    expect(db.stats().destroyed).toBe(0)
  })

  it('may be read only', async () => {
    await using db = await served.open()
    const writes = (tx: Transaction): Promise<unknown> => tx.execute(sql`create table x (id int)`)
    const error = await failure(() => db.transaction(writes, { readOnly: true }))
    expect(error).toMatchObject({ code: 'READ_ONLY', sqlState: '25006' })
  })
})

describe('Database.session', () => {
  it('has one connection, and leaves nothing of it to the next', async () => {
    await using db = await served.open({ max: 1 })
    await db.session(async (session) => {
      await session.execute(sql`set work_mem = '1MB'`)
      await session.execute(sql`create temporary table scratch (id int)`)
      await session.transaction((tx) => tx.execute(sql`insert into scratch values (1)`))
      expect(await session.value(sql`select count(*)::int from scratch`)).toBe(1)
    })
    expect(await db.value(sql`select to_regclass('pg_temp.scratch')`)).toBe(null)
    expect(await db.value(sql`show work_mem`)).not.toBe('1MB')
    expect(db.stats()).toMatchObject({ size: 1, destroyed: 0 })
  })
})
