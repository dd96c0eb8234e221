import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import {
  CancelScope,
  checkpoint,
  gatherSettled,
  moveOnAfter,
  sleep,
  spawn,
  taskGroup,
  timeout,
  TimeoutError,
} from 'corral'
import { openPostgres, sql } from '@corral/db'
import { describe, expect, it } from 'vitest'
import { failure, serve, until } from './serve.ts'

const served = serve({ own: true }) // servers are only harmed that we have started

async function backends(name: string): Promise<number[]> {
  const rows = await served.observer.query<{ pid: number }>(
    sql`select pid from pg_stat_activity where application_name = ${name}`,
  )
  return rows.map((row) => row.pid)
}

/** Ends the only connection of a program, as an administrator would. */
async function terminate(name: string): Promise<void> {
  const [pid] = await backends(name)
  await served.observer.execute(sql`select pg_terminate_backend(${pid})`)
}

describe('Database: a failure', () => {
  it('of a backend under a statement is an error, and the next one connects again', async () => {
    await using db = await served.open({ max: 1, applicationName: 'terminated' })
    await taskGroup(async (group) => {
      const error = group.spawn(() => failure(() => db.query(sql`select pg_sleep(600)`)))
      await until(async () => (await served.active('terminated')).length > 0)
      await terminate('terminated')
      expect(await error).toMatchObject({ code: 'CONNECTION_LOST', sqlState: '57P01' })
    })
    expect(await db.value(sql`select 1`)).toBe(1)
    expect(await served.count('terminated')).toBe(1)
  })

  it('of an idle backend is not noticed by the next query', async () => {
    await using db = await served.open({ max: 1, applicationName: 'idle' })
    await terminate('idle')
    await until(async () => (await served.count('idle')) === 0)
    await sleep(50) // for the end to come here, too
    expect(await db.value(sql`select 1`)).toBe(1)
  })

  it('of a backend in a transaction fails the transaction', async () => {
    await using db = await served.open({ max: 1, applicationName: 'broken' })
    const error = await failure(() =>
      db.transaction(async (tx) => {
        await tx.value(sql`select 1`)
        await terminate('broken')
        await until(async () => (await served.count('broken')) === 0)
        await tx.query(sql`select 1`)
      }),
    )
    expect(error.code).toBe('CONNECTION_LOST')
    expect(await db.value(sql`select 1`)).toBe(1)
  })

  it('before COMMIT is known: nothing was committed', async () => {
    await using db = await served.open({ max: 1, applicationName: 'broken early' })
    const error = await failure(() =>
      db.transaction(async (tx) => {
        await tx.value(sql`select 1`)
        await terminate('broken early')
        await until(async () => (await served.count('broken early')) === 0)
        await failure(() => tx.query(sql`select 1`))
      }),
    )
    expect(error.code).toBe('CONNECTION_LOST')
    expect(error.message).toContain('before COMMIT was sent')
  })

  it('in COMMIT is COMMIT_UNKNOWN, and is not tried again', async () => {
    await using db = await served.open({ max: 1, applicationName: 'unknown' })
    await db.execute(sql`create table fate (id int)`)
    await db.execute(
      sql.raw(`create function linger() returns trigger language plpgsql as
        $$ begin perform pg_sleep(600); return null; end $$`),
    )
    await db.execute(
      sql.raw(`create constraint trigger late after insert on fate
        deferrable initially deferred for each row execute function linger()`),
    )
    let runs = 0
    await taskGroup(async (group) => {
      const error = group.spawn(() =>
        failure(() =>
          db.transaction(
            async (tx) => {
              runs += 1
              await tx.execute(sql`insert into fate values (1)`)
            },
            { attempts: 5 },
          ),
        ),
      )
      await until(async () => (await served.active('unknown')).includes('commit'))
      await terminate('unknown')
      expect((await error).code).toBe('COMMIT_UNKNOWN')
    })
    expect(runs).toBe(1)
  })

  it('of a server to answer at all is CONNECT, and says who did not', async () => {
    const silent = createServer()
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const open = (connectTimeout: number) => () =>
      openPostgres(`postgres://127.0.0.1:${port}/x`, { connectTimeout })
    try {
      const { code, message } = await failure(open(30))
      expect(code).toBe('CONNECT')
      expect(message).toContain(`127.0.0.1:${port} did not answer`)
      expect(message).toContain('within 30 ms')
      // The caller's own limit is another thing.
      await expect(timeout(5, open(60_000))).rejects.toThrow(TimeoutError)
    } finally {
      silent.close()
    }
  })

  it('to stop a frozen backend within the grace destroys the connection', async () => {
    await using db = await served.open({ max: 1, grace: 100, applicationName: 'frozen' })
    await until(async () => (await backends('frozen')).length === 1)
    const [pid = 0] = await backends('frozen')
    process.kill(pid, 'SIGSTOP')
    try {
      const result = await moveOnAfter(20, () => db.query(sql`select 1`))
      expect(result.timedOut).toBe(true)
      expect(db.stats()).toMatchObject({ cancels: 1, destroyed: 1 })
      expect(await db.value(sql`select 1`)).toBe(1)
    } finally {
      process.kill(pid, 'SIGCONT')
    }
  })

  it('to be at work when it is asked to stop makes us ask again', async () => {
    await using db = await served.open({ max: 1, applicationName: 'asleep' })
    const [pid = 0] = await backends('asleep')
    process.kill(pid, 'SIGSTOP')
    const scope = new CancelScope()
    await taskGroup(async (group) => {
      const { queries } = db.stats()
      group.spawn(() => scope.run(() => db.query(sql`select pg_sleep(600)`)))
      while (db.stats().queries === queries) await checkpoint()
      scope.cancel()
      await sleep(200) // the first request has come: it waits where the statement does
      process.kill(pid, 'SIGCONT')
    })
    expect(await served.active('asleep')).toEqual([])
    expect(db.stats()).toMatchObject({ size: 1, cancels: 1, destroyed: 0 })
  })

  it('of the whole server rejects what is under way, and is over when it is back', async () => {
    await using db = await served.open({ max: 4, applicationName: 'restarted' })
    const queries = Array.from({ length: 20 }, () => () => db.query(sql`select pg_sleep(600)`))
    const running = spawn(() => gatherSettled(queries))
    await until(async () => (await served.active('restarted')).length === 4)
    await served.postgres.stop()
    const codes = (await running).map((result) =>
      result.status === 'rejected' ? (result.reason as { code: string }).code : 'fulfilled',
    )
    expect(codes).toHaveLength(20)
    expect(new Set(codes).isSubsetOf(new Set(['CONNECTION_LOST', 'CONNECT']))).toBe(true)
    expect((await failure(() => db.query(sql`select 1`))).code).toBe('CONNECT')
    await served.postgres.start()
    expect(await db.value(sql`select 1`)).toBe(1)
    expect(await served.count('restarted')).toBe(db.stats().size)
  })
})
