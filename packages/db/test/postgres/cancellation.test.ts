import { CancelScope, checkpoint, mapConcurrent, moveOnAfter, taskGroup } from 'corral'
import { sql } from '@corral/db'
import { describe, expect, it } from 'vitest'
import { serve, until } from './serve.ts'

const served = serve()

/** Begins `fn`, cancels it when `ready` holds, and waits for its end. */
async function cancelWhen(
  ready: () => Promise<boolean> | boolean,
  fn: () => Promise<unknown>,
): Promise<void> {
  const scope = new CancelScope()
  await taskGroup(async (group) => {
    group.spawn(async () => {
      await until(ready)
      scope.cancel('enough')
    })
    await scope.run(fn)
  })
  expect(scope.cancelledCaught).toBe(true)
}

describe('Database: a cancellation', () => {
  it('of a running query returns when it is gone from the server', async () => {
    await using db = await served.open({ applicationName: 'running', max: 1 })
    const isActive = async (): Promise<boolean> => (await served.active('running')).length > 0
    await cancelWhen(isActive, () => db.query(sql`select pg_sleep(600)`))
    expect(await served.active('running')).toEqual([])
    expect(await db.value(sql`select 1`)).toBe(1)
    expect(db.stats()).toMatchObject({ size: 1, cancels: 1, destroyed: 0 })
  })

  it('in line for a connection takes none', async () => {
    await using db = await served.open({ applicationName: 'in line', max: 1 })
    await taskGroup(async (group) => {
      const holder = group.spawn(() => db.query(sql`select pg_sleep(600)`))
      await until(() => db.stats().idle === 0)
      await cancelWhen(
        () => db.stats().waiting === 1,
        () => db.query(sql`select 1`),
      )
      expect(db.stats()).toMatchObject({ waiting: 0, cancels: 0 })
      holder.cancel()
    })
    expect(await db.value(sql`select 2`)).toBe(2)
    expect(await served.count('in line')).toBe(1)
  })

  it('while it waits for a lock leaves the line of the lock', async () => {
    await using db = await served.open({ max: 1 })
    await db.execute(sql`create table locked (id int)`)
    await db.transaction(async (tx) => {
      await tx.execute(sql`lock table locked`)
      const waits = async (): Promise<boolean> =>
        (await served.observer.value(
          sql`select count(*)::int from pg_stat_activity where application_name = ${'locked'} and wait_event_type = ${'Lock'}`,
        )) === 1
      await using other = await served.open({ applicationName: 'locked', max: 1 })
      await cancelWhen(waits, () => other.query(sql`select * from locked`))
      expect(await other.value(sql`select 1`)).toBe(1)
      expect(await waits()).toBe(false)
    })
  })

  it('while it streams ends the fetch and closes the cursor', async () => {
    await using db = await served.open({ applicationName: 'streaming', max: 1 })
    let seen = 0
    await cancelWhen(
      () => seen >= 3,
      async () => {
        const rows = sql`select i, pg_sleep(0.001 * (i / 4) * 1000) from generate_series(1, 100) i`
        for await (const _ of db.stream(rows, { batch: 1 })) seen += 1
      },
    )
    expect(await served.active('streaming')).toEqual([])
    expect(
      await db.value(sql`select count(*)::int from pg_cursors where name like 'corral%'`),
    ).toBe(0)
  })

  it('of a transaction rolls back before it returns', async () => {
    await using db = await served.open({ applicationName: 'cut', max: 1 })
    await db.execute(sql`create table cut (id int)`)
    let began = false
    await cancelWhen(
      () => began,
      () =>
        db.transaction(async (tx) => {
          await tx.execute(sql`insert into cut values (1)`)
          began = true
          await tx.query(sql`select pg_sleep(600)`)
        }),
    )
    expect(await served.active('cut')).toEqual([])
    expect(await db.value(sql`select count(*)::int from cut`)).toBe(0)
    expect(db.stats()).toMatchObject({ size: 1, destroyed: 0 })
  })

  it('during COMMIT waits for the outcome, and returns it', async () => {
    await using db = await served.open({ applicationName: 'commit', max: 1 })
    await db.execute(sql`create table slow (id int)`)
    await db.execute(
      sql.raw(`create function dawdle() returns trigger language plpgsql as
        $$ begin perform pg_sleep(0.3); return null; end $$`),
    )
    await db.execute(
      sql.raw(`create constraint trigger late after insert on slow
        deferrable initially deferred for each row execute function dawdle()`),
    )
    const commits = async (): Promise<boolean> =>
      (await served.active('commit')).some((query) => query === 'commit')
    const scope = new CancelScope()
    let committed = false
    await taskGroup(async (group) => {
      group.spawn(async () => {
        await until(commits)
        scope.cancel()
      })
      await scope.run(() =>
        db.transaction(async (tx) => {
          await tx.execute(sql`insert into slow values (1)`)
          tx.afterCommit(() => void (committed = true))
        }),
      )
    })
    expect(committed).toBe(true)
    expect(await db.value(sql`select count(*)::int from slow`)).toBe(1)
    expect(db.stats()).toMatchObject({ destroyed: 0, cancels: 0 })
  })

  it('while it connects to a server that says nothing returns at once', async () => {
    const { createServer } = await import('node:net')
    let closed = 0
    await using silent = createServer((socket) => {
      socket.resume().on('close', () => (closed += 1))
    })
    const { promise, resolve } = Promise.withResolvers<void>()
    silent.listen(0, '127.0.0.1', resolve)
    await promise
    const { port } = silent.address() as { port: number }
    const { openPostgres } = await import('@corral/db')
    const opened = await moveOnAfter(50, () => openPostgres(`postgres://u:p@127.0.0.1:${port}/d`))
    expect(opened.timedOut).toBe(true)
    await until(() => closed === 1)
  })

  it('at any moment hits no other statement: 0 of 1000', async () => {
    await using db = await served.open({ applicationName: 'barrage', max: 2 })
    const wrong: unknown[] = []
    await mapConcurrent(
      Array.from({ length: 1000 }, (_, i) => i),
      async (i) => {
        // Short enough to end about when the cancellation comes.
        await moveOnAfter(i % 4, () => db.query(sql`select pg_sleep(${(i % 5) / 1000})`))
        try {
          expect(await db.value(sql`select ${i}::int`)).toBe(i)
        } catch (error) {
          wrong.push(error)
        }
      },
      { concurrency: 4 },
    )
    expect(wrong).toEqual([])
    expect(await served.active('barrage')).toEqual([])
    expect(db.stats().cancels).toBeGreaterThan(50)
    expect(db.stats()).toMatchObject({ errors: 0, destroyed: 0 })
    expect(await served.count('barrage')).toBeLessThanOrEqual(2)
  })

  it('in the turn in which it is sent stops it all the same: 30 of 30', async () => {
    await using db = await served.open({ applicationName: 'early', max: 1 })
    for (let i = 1; i <= 30; i++) {
      const scope = new CancelScope()
      const { queries } = db.stats()
      const query = scope.run(() => db.query(sql`select pg_sleep(600)`))
      while (db.stats().queries === queries) await checkpoint()
      scope.cancel() // in the turn in which it is sent
      await query
      expect(db.stats().cancels).toBe(i)
    }
    expect(await served.active('early')).toEqual([])
    expect(await db.value(sql`select 1`)).toBe(1)
    expect(db.stats().destroyed).toBe(0)
  })
})
