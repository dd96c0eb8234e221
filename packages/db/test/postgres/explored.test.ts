import assert from 'node:assert/strict'
import { isCancelled, moveOnAfter, sleep, taskGroup } from 'corral'
import { explore } from 'corral/testing'
import { sql } from '@corral/db'
import type { Sql } from '@corral/db'
import { describe, expect, it } from 'vitest'
import { DatabaseError } from '../../src/errors.ts'
import type { PostgresDatabase } from '../../src/postgres/postgres-database.ts'
import { withServer } from './fake-server.ts'
import type { FakeServer } from './fake-server.ts'

// Nothing is late for so long that the server's time to stop a statement is over.
const options = { budget: 500, lateness: 30 }

/** Takes `ms` milliseconds at the server, then answers its id. */
const statement = (id: string, ms: number): Sql => sql`select ${id}, ${ms}`

/** Asks, and gives up after `patience`: what its caller was told must be true of the server. */
async function ask(
  server: FakeServer,
  db: PostgresDatabase,
  id: string,
  ms: number,
  patience = Infinity,
): Promise<void> {
  const given = await moveOnAfter(patience, async () => {
    assert.equal(await db.value(statement(id, ms)), id)
    return 'answered'
  })
  assert.ok(!server.running.includes(id), `${id} still runs`)
  const times = server.happened.filter((each) => each === id).length
  assert.ok(times <= 1, `${id} happened ${times} times`)
  if (!given.timedOut) assert.equal(times, 1, `${id} was answered and has not happened`)
}

/** All connections are idle, none is in a transaction, and statements are answered. */
async function requireIdle(server: FakeServer, db: PostgresDatabase): Promise<void> {
  await ask(server, db, 'after', 1)
  while (db.stats().busy > 0) await sleep(1)
  const { size, idle, waiting } = db.stats()
  assert.deepEqual({ size, waiting }, { size: idle, waiting: 0 })
  const living = server.backends.filter(({ alive }) => alive)
  assert.ok(living.length <= size) // the pool hears of one that died idle when it lends it
  for (const { status } of living) assert.equal(status, 'I')
}

describe('a pipeline, under every order that is tried', () => {
  it('answers each caller its own question, whoever else gives up, and whenever', async () => {
    const { schedules } = await explore(
      () =>
        withServer(async (server) => {
          await using db = server.open({ max: 2, pipeline: true, grace: 100_000 })
          await taskGroup(async (group) => {
            group.spawn(() => ask(server, db, 'head', 100, 3))
            group.spawn(() => ask(server, db, 'b', 2))
            group.spawn(() => ask(server, db, 'c', 2, 6))
            group.spawn(() => ask(server, db, 'd', 1))
            group.spawn(() => ask(server, db, 'e', 1, 5))
            await sleep(4)
            group.spawn(() => ask(server, db, 'late', 1))
          })
          assert.deepEqual(db.stats().errors, 0)
          await requireIdle(server, db)
        }),
      options,
    )
    expect(schedules).toBeGreaterThan(100)
  })

  it('does nothing twice when a connection is lost, and goes on with another', async () => {
    const { schedules } = await explore(
      () =>
        withServer(async (server) => {
          await using db = server.open({ max: 2, pipeline: true, grace: 100_000 })
          const orLost = async (id: string, ms: number, patience?: number): Promise<void> => {
            try {
              await ask(server, db, id, ms, patience)
            } catch (error) {
              if (isCancelled(error) || !(error instanceof DatabaseError)) throw error
              assert.equal(error.code, 'CONNECTION_LOST')
              assert.ok(server.happened.filter((each) => each === id).length <= 1)
            }
          }
          await taskGroup(async (group) => {
            group.spawn(() => orLost('a', 3))
            group.spawn(() => orLost('b', 2))
            group.spawn(() => orLost('c', 50, 4))
            group.spawn(() => orLost('d', 2))
            group.spawn(() => orLost('e', 1))
            await sleep(5)
            server.backends[0]?.end()
          })
          await sleep(100) // it has heard of that by then
          await requireIdle(server, db)
        }),
      options,
    )
    expect(schedules).toBeGreaterThan(100)
  })

  it('shares its connections with transactions that are cancelled', async () => {
    const { schedules } = await explore(
      () =>
        withServer(async (server) => {
          await using db = server.open({ max: 2, pipeline: true, grace: 100_000 })
          await taskGroup(async (group) => {
            group.spawn(() => ask(server, db, 'a', 2))
            group.spawn(() =>
              moveOnAfter(4, () => db.transaction((tx) => tx.query(statement('tx', 50)))),
            )
            group.spawn(() => ask(server, db, 'b', 50, 5))
            group.spawn(() =>
              db.transaction(async (tx) => {
                assert.equal(await tx.value(statement('kept', 1)), 'kept')
              }),
            )
            group.spawn(() => ask(server, db, 'c', 1))
          })
          assert.ok(!server.running.includes('tx'))
          assert.equal(server.happened.filter((each) => each === 'kept').length, 1)
          assert.equal(db.stats().destroyed, 0)
          await requireIdle(server, db)
        }),
      options,
    )
    expect(schedules).toBeGreaterThan(100)
  })

  it('closes while statements are queued and in flight', async () => {
    const { schedules } = await explore(
      () =>
        withServer(async (server) => {
          const db = server.open({ max: 1, pipeline: true, grace: 100_000 })
          await taskGroup(async (group) => {
            for (const [i, patience] of [Infinity, 3, Infinity, 4].entries()) {
              group.spawn(async () => {
                try {
                  await ask(server, db, `${i}`, 2, patience)
                } catch (error) {
                  if (isCancelled(error) || error instanceof assert.AssertionError) throw error
                  assert.equal((error as { code: string }).code, 'CLOSED')
                  assert.ok(!server.happened.includes(`${i}`))
                }
              })
            }
            await sleep(3)
            await db.close()
          })
          assert.ok(server.backends.every(({ alive }) => !alive))
        }),
      options,
    )
    expect(schedules).toBeGreaterThan(100)
  })
})
