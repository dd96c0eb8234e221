import { join } from 'node:path'
import { moveOnAfter, run, sleep, taskGroup } from 'corral'
import { openSqlite, sql } from '@corral/db'
import { describe, expect, it } from 'vitest'
import { stall } from '../postgres/serve.ts'
import { temporaryFolder } from '../temporary-folder.ts'

describe('SqliteWorker', () => {
  it('is given to nobody when it answers as it is killed, and its end is waited for', async () => {
    using folder = temporaryFolder()
    await using db = await openSqlite(join(folder.path, 'a.db'), { readers: 1 })
    const slow = sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000000) select count(*) from n`
    const rows: unknown[] = []
    await db.value(sql`select 1`)
    await run(() =>
      taskGroup(async (group) => {
        group.spawn(() => moveOnAfter(10, () => db.value(slow)))
        group.spawn(async () => {
          await sleep(1) // behind the other
          for await (const row of db.stream(sql`values (1)`)) rows.push(row)
        })
        await sleep(14)
        // From here timers come first, then answers: the patience is over, and the answer is there.
        await new Promise((resolve) => setImmediate(resolve))
        stall(2000)
      }),
    )
    expect(rows).toHaveLength(1)
  })
})
