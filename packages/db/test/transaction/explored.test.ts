import assert from 'node:assert/strict'
import { CancelScope, isCancelled, moveOnAfter, sleep, taskGroup } from 'corral'
import { explore } from 'corral/testing'
import { sql } from '@corral/db'
import { describe, expect, it } from 'vitest'
import { FakeDatabase } from './fake-database.ts'

const budget = 400

/** Everything is idle, and nobody was left in a transaction. */
async function requireIdle(db: FakeDatabase): Promise<void> {
  while (db.stats().busy > 0) await sleep(1) // one is being made for who has given up
  const { size, idle, waiting } = db.stats()
  assert.deepEqual({ size, waiting }, { size: idle, waiting: 0 })
  for (const connection of db.connections) assert.equal(connection.status, 'I')
}

async function swallow(fn: () => Promise<unknown>): Promise<void> {
  try {
    await fn()
  } catch (error) {
    if (isCancelled(error) || error instanceof assert.AssertionError) throw error
  }
}

describe('transactions, under every order that is tried', () => {
  it('of several borrowers, cancelled at any moment, leave each connection idle', async () => {
    const { schedules } = await explore(
      async () => {
        await using db = new FakeDatabase(2)
        await taskGroup(async (group) => {
          for (let i = 0; i < 4; i++) {
            group.spawn(async () => {
              await moveOnAfter(2 + i * 3, () =>
                db.transaction(async (tx) => {
                  await tx.execute(sql`one`)
                  await tx.transaction((inner) => inner.execute(sql`two`))
                  await tx.execute(sql`slow`)
                }),
              )
            })
          }
        })
        await db.execute(sql`after`)
        await requireIdle(db)
      },
      { budget },
    )
    expect(schedules).toBeGreaterThan(20)
  })

  it('run the statements of their tasks one after the other, also when one of them fails', async () => {
    const { schedules } = await explore(
      async () => {
        await using db = new FakeDatabase(1)
        await swallow(() =>
          db.transaction((tx) =>
            taskGroup(async (group) => {
              group.spawn(() => tx.execute(sql`one`))
              group.spawn(() => tx.execute(sql`broken`))
              group.spawn(() => tx.execute(sql`slow`))
            }),
          ),
        )
        await db.execute(sql`after`)
        await requireIdle(db)
      },
      { budget },
    )
    expect(schedules).toBeGreaterThan(20)
  })

  it('undo a savepoint that fails or is cancelled, and go on', async () => {
    const { schedules } = await explore(
      async () => {
        await using db = new FakeDatabase(1)
        await taskGroup(async (group) => {
          group.spawn(() =>
            db.transaction(async (tx) => {
              await swallow(() => tx.transaction((inner) => inner.execute(sql`broken`)))
              await moveOnAfter(2, () => tx.transaction((inner) => inner.execute(sql`slow`)))
              await tx.execute(sql`three`)
            }),
          )
          group.spawn(() => db.session((session) => session.execute(sql`four`)))
        })
        await requireIdle(db)
      },
      { budget },
    )
    expect(schedules).toBeGreaterThan(20)
  })

  it('commit, and say so, when the cancellation comes in COMMIT', async () => {
    const { schedules } = await explore(
      async () => {
        await using db = new FakeDatabase(1)
        const scope = new CancelScope()
        let committed = false
        await taskGroup(async (group) => {
          group.spawn(async () => {
            await sleep(3)
            scope.cancel()
          })
          const value = await scope.run(() =>
            db.transaction(async (tx) => {
              await tx.execute(sql`one`)
              tx.afterCommit(() => void (committed = true))
              return 'done'
            }),
          )
          assert.equal(committed, value === 'done')
        })
        await requireIdle(db)
      },
      { budget },
    )
    expect(schedules).toBeGreaterThan(5)
  })
})
