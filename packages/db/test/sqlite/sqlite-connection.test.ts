import { CancelScope, taskGroup } from 'corral'
import { sql } from '@corral/db'
import { describe, expect, it } from 'vitest'
import { Job } from '../../src/sqlite/job.ts'
import { SqliteConnection } from '../../src/sqlite/sqlite-connection.ts'
import type { SqliteWorker } from '../../src/sqlite/sqlite-worker.ts'
import { until } from '../postgres/serve.ts'

const nothing = { columns: [], rows: [], count: 0 }

describe('SqliteConnection', () => {
  it('closes a cursor that is cancelled while it is opened', async () => {
    const asked: Job[] = []
    const worker = {
      alive: true,
      inTransaction: false,
      ask({ op }: { op: string }) {
        const job = new Job(worker, op)
        asked.push(job)
        if (op !== 'cursor') job.settle(nothing)
        return job
      },
      // A thread's statement is waited for.
      async outcomeOf(job: Job) {
        try {
          await job.ended()
        } finally {
          job.settle(nothing)
        }
        return nothing
      },
    }
    const connection = new SqliteConnection(worker as unknown as SqliteWorker, false)
    const rows = connection.fetch('stream', sql`select 1`, 10, (_, act) => act())
    const scope = new CancelScope()
    await taskGroup(async (group) => {
      group.spawn(() => scope.run(() => rows.next()))
      await until(() => asked.length === 1)
      scope.cancel()
    })
    expect(scope.cancelledCaught).toBe(true)
    expect(asked.map(({ text }) => text)).toEqual(['cursor', 'close-cursor'])
  })
})
