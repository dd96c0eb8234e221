import { CancelScope, Event, gather, gatherSettled, moveOnAfter, sleep, taskGroup } from 'corral'
import { sql } from '@corral/db'
import type { Database, PostgresOptions } from '@corral/db'
import { describe, expect, it } from 'vitest'
import { failure, serve, until } from './serve.ts'

const served = serve()

const open = (options: PostgresOptions = {}): Promise<Database> =>
  served.open({ max: 1, pipeline: true, ...options })

/** Answers `n`, after some milliseconds. */
const slowly = (n: number, ms: number) =>
  sql`select ${n}::int as n, pg_sleep(${ms / 1000}::float8)::text as slept`

const range = (length: number): number[] => Array.from({ length }, (_, i) => i)

describe('openPostgres: pipeline', () => {
  it('gives each caller the answer to its own question', async () => {
    await using db = await open({ max: 3 })
    const answers = await gather(
      range(500).map((i) => () => db.value<number>(sql`select ${i}::int + ${i % 7}::int`)),
    )
    expect(answers).toEqual(range(500).map((i) => i + (i % 7)))
    expect(db.stats().size).toBe(3)
  })

  it('sends several before the first is answered', async () => {
    await using db = await open({ applicationName: 'sent' })
    const scope = new CancelScope()
    await taskGroup(async (group) => {
      group.spawn(() => scope.run(() => db.query(sql`select pg_sleep(600)`)))
      await until(async () => (await served.active('sent')).length === 1)
      const answers = group.spawn(() => gather(range(50).map((i) => () => db.value(slowly(i, 0)))))
      await until(() => db.stats().queries === 51)
      expect(db.stats()).toMatchObject({ size: 1, busy: 1, waiting: 0 })
      scope.cancel()
      expect(await answers).toEqual(range(50))
    })
  })

  it('has one fail alone', async () => {
    await using db = await open()
    await db.execute(sql`create table piped_alone (id int primary key)`)
    const settled = await gatherSettled(
      range(20).map((i) => () => db.execute(sql`insert into piped_alone values (${i % 15})`)),
    )
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(15)
    const reasons = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
    expect(reasons.map((reason) => (reason as { code: string }).code)).toEqual(
      range(5).map(() => 'UNIQUE'),
    )
    expect(await db.value(sql`select count(*)::int from piped_alone`)).toBe(15)
  })

  it('sends again what is hit when the first is cancelled: each happens once', async () => {
    await using db = await open({ applicationName: 'head' })
    await db.execute(sql`create table piped_once (id int)`)
    const scope = new CancelScope()
    await taskGroup(async (group) => {
      const head = group.spawn(() => scope.run(() => db.query(sql`select pg_sleep(600)`)))
      await until(async () => (await served.active('head')).length === 1)
      const add = (i: number) => () =>
        db.value(sql`with added as (insert into piped_once values (${i}) returning id),
          slept as (select pg_sleep(0.005)) select id from added, slept`)
      const answers = group.spawn(() => gather(range(20).map(add)))
      await until(() => db.stats().queries === 22)
      scope.cancel()
      await head
      expect(scope.cancelledCaught).toBe(true)
      expect(await answers).toEqual(range(20))
    })
    expect(await db.query(sql`select id from piped_once order by id`)).toEqual(
      range(20).map((id) => ({ id })),
    )
    expect(db.stats()).toMatchObject({ cancels: 1, destroyed: 0, errors: 0 })
  })

  it('stops one behind another at once, and has the other run again by itself', async () => {
    await using db = await open({ applicationName: 'behind' })
    await taskGroup(async (group) => {
      let ended = false
      const first = group.spawn(async () => {
        const value = await db.value(slowly(1, 400))
        ended = true
        return value
      })
      await until(async () => (await served.active('behind')).length === 1)
      const scope = new CancelScope()
      const second = group.spawn(() => scope.run(() => db.query(sql`select pg_sleep(600)`)))
      await until(() => db.stats().queries === 2)
      scope.cancel()
      await second
      expect(ended).toBe(false)
      expect(await served.active('behind')).not.toContain('select pg_sleep(600)')
      expect(await first).toBe(1)
    })
  })

  it('lets none join what was hit already', async () => {
    await using db = await open({ applicationName: 'joined' })
    await taskGroup(async (group) => {
      const first = group.spawn(() => db.value(slowly(1, 300)))
      await until(async () => (await served.active('joined')).length === 1)
      for (let i = 0; i < 5; i++) {
        await moveOnAfter(20, () => db.query(sql`select pg_sleep(600)`))
      }
      expect(await first).toBe(1)
    })
    expect(await db.value(slowly(2, 0))).toBe(2)
    expect(db.stats()).toMatchObject({ waiting: 0, destroyed: 0 })
  })

  it('cancels at any moment, and fails no other: 0 of 3000', async () => {
    await using db = await open({ max: 2, applicationName: 'any moment' })
    let right = 0
    for (let round = 0; round < 300; round++) {
      await taskGroup(async (group) => {
        group.spawn(() =>
          moveOnAfter(Math.random() * 3, () => db.query(sql`select pg_sleep(0.002)`)),
        )
        for (const i of range(10)) {
          group.spawn(async () => {
            if ((await db.value(slowly(i, 0))) === i) right += 1
          })
        }
      })
    }
    expect(right).toBe(3000)
    expect(db.stats()).toMatchObject({ waiting: 0, errors: 0, destroyed: 0 })
    expect(await served.active('any moment')).toEqual([])
  }, 60_000)

  it('cancels all of them at once', async () => {
    await using db = await open({ max: 2, applicationName: 'all' })
    const result = await moveOnAfter(50, () =>
      gather(range(40).map(() => () => db.query(sql`select pg_sleep(600)`))),
    )
    expect(result.timedOut).toBe(true)
    expect(await served.active('all')).toEqual([])
    expect(await db.value(slowly(3, 0))).toBe(3)
    expect(db.stats()).toMatchObject({ waiting: 0, destroyed: 0 })
  })

  it('throws what somebody else has stopped', async () => {
    await using db = await open({ applicationName: 'theirs' })
    await taskGroup(async (group) => {
      const error = group.spawn(() => failure(() => db.query(sql`select pg_sleep(600)`)))
      await until(async () => (await served.active('theirs')).length === 1)
      await served.observer.query(
        sql`select pg_cancel_backend(pid) from pg_stat_activity where application_name = 'theirs'`,
      )
      expect(await error).toMatchObject({ code: 'STATEMENT_CANCELLED' })
    })
  })

  it('puts nobody behind another while a connection is free', async () => {
    await using db = await open({ max: 2, applicationName: 'free' })
    const scope = new CancelScope()
    await taskGroup(async (group) => {
      group.spawn(() => scope.run(() => db.query(sql`select pg_sleep(600)`)))
      await until(async () => (await served.active('free')).length === 1)
      for (const i of range(20)) expect(await db.value(slowly(i, 0))).toBe(i)
      expect(db.stats().size).toBe(2)
      scope.cancel()
    })
  })

  it('lets a transaction have its turn, however many statements there are', async () => {
    await using db = await open({ max: 2 })
    const over = new Event()
    await taskGroup(async (group) => {
      for (let i = 0; i < 40; i++) {
        group.spawn(async () => {
          while (!over.isSet) await db.value(slowly(i, 0))
        })
      }
      for (const i of range(10)) {
        expect(await db.transaction((tx) => tx.value(slowly(i, 0)))).toBe(i)
      }
      await db.session((session) => session.value(sql`select 1`))
      over.set()
    })
    expect(db.stats()).toMatchObject({ waiting: 0, errors: 0, destroyed: 0 })
  })

  it('waits in line while transactions have all connections, and leaves it when cancelled', async () => {
    await using db = await open()
    const held = new CancelScope()
    await taskGroup(async (group) => {
      group.spawn(() => held.run(() => db.transaction(() => sleep(600_000))))
      await until(() => db.stats().idle === 0)
      await moveOnAfter(20, () =>
        gather([() => db.query(slowly(1, 0)), () => db.query(slowly(2, 0))]),
      )
      const waiting = group.spawn(() => db.value(slowly(3, 0)))
      await until(() => db.stats().waiting === 1)
      held.cancel()
      expect(await waiting).toBe(3)
    })
    expect(db.stats()).toMatchObject({ waiting: 0, cancels: 0 })
  })

  it('rejects all on a connection that is lost, and goes on with another', async () => {
    await using db = await open({ applicationName: 'lost' })
    await taskGroup(async (group) => {
      const codes = group.spawn(() =>
        gather(
          range(10).map(() => async () => (await failure(() => db.query(slowly(1, 600_000)))).code),
        ),
      )
      await until(async () => (await served.active('lost')).length === 1)
      await served.observer.query(
        sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'lost'`,
      )
      expect(await codes).toEqual(range(10).map(() => 'CONNECTION_LOST'))
    })
    expect(await db.value(slowly(4, 0))).toBe(4)
    expect(await served.count('lost')).toBe(1)
  })

  it('prepares what comes again, and prepares it anew when the tables have changed', async () => {
    await using db = await open()
    await db.execute(sql`create table piped_remade (a int)`)
    await db.execute(sql`insert into piped_remade values (1)`)
    const all = (): Promise<unknown> =>
      gather(range(5).map(() => () => db.one(sql`select * from piped_remade`)))
    for (let i = 0; i < 3; i++) expect(await all()).toEqual(range(5).map(() => ({ a: 1 })))
    await db.execute(sql`alter table piped_remade add column b text default 'x'`)
    for (let i = 0; i < 3; i++) expect(await all()).toEqual(range(5).map(() => ({ a: 1, b: 'x' })))
    await db.execute(sql`deallocate all`)
    for (let i = 0; i < 3; i++) expect(await all()).toEqual(range(5).map(() => ({ a: 1, b: 'x' })))
    const broken = (): Promise<unknown> =>
      gather(range(5).map(() => () => failure(() => db.query(sql`select * from piped_nowhere`))))
    const refused = range(5).map(() => ({ sqlState: '42P01' }))
    for (let i = 0; i < 2; i++) expect(await broken()).toMatchObject(refused)
  })

  it('leaves to a connection of its own what could leave something behind', async () => {
    await using db = await open()
    expect((await failure(() => db.query(sql`begin`))).code).toBe('UNFINISHED_TRANSACTION')
    await db.execute(sql`create table piped_own (a int)`)
    expect(await db.value(slowly(5, 0))).toBe(5)
  })

  it('waits when it is closed for what is under way, and turns away the others', async () => {
    const db = await open({ applicationName: 'closed' })
    await taskGroup(async (group) => {
      const answers = group.spawn(() => gather(range(5).map((i) => () => db.value(slowly(i, 20)))))
      await until(async () => (await served.active('closed')).length === 1)
      const closing = db.close()
      expect((await failure(() => db.query(slowly(1, 0)))).code).toBe('CLOSED')
      expect(await answers).toEqual(range(5))
      await closing
    })
    expect(await served.count('closed')).toBe(0)
  })
})
