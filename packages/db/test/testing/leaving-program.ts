// Starts a server, says where its data is, and ends without tidying up, or waits for Ctrl-C and tidies up in the database.
import { openPostgres, sql } from '@corral/db'
import { openTestPostgres } from '@corral/db/testing'
import { run, shield, sleep } from 'corral'

await run(async () => {
  await using server = await openTestPostgres({ url: '' })
  await using db = await openPostgres(server.url)
  process.stdout.write(`${await db.value<string>(sql`show data_directory`)}\n`)
  if (process.argv[2] === 'exit') process.exit(0)
  try {
    await sleep(600_000)
  } finally {
    process.stdout.write(`${await shield(() => db.value<string>(sql`select 'tidied up'`))}\n`)
  }
})
