// Writes as fast as it can, and says of each row when it was acknowledged. It is killed by who started it.
import { mapConcurrent, run } from 'corral'
import { openSqlite, sql } from '@corral/db'

const [, , path = '', first = ''] = process.argv

await run(async () => {
  await using db = await openSqlite(path)
  await db.value(sql`select count(*) from kept`) // a reader is there, too
  const ids = Array.from({ length: 1_000_000 }, (_, i) => Number(first) + i)
  await mapConcurrent(
    ids,
    async (id) => {
      if (id % 10 === 0) {
        await db.transaction(async (tx) => {
          await tx.execute(sql`insert into kept values (${id})`)
          await tx.execute(sql`insert into pair values (${id})`)
        })
      } else {
        await db.execute(sql`insert into kept values (${id})`)
      }
      process.stdout.write(`${id}\n`)
    },
    { concurrency: 20 },
  )
})
