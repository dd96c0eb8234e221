// node bench/db/store-way.ts: the work of the crawler's store for links, some to URLs that are known: in the thread that has the
// file, as the store does it, and statement by statement through the writer of @corral/db. A table row for each.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openSqlite, sql } from '@corral/db'
import { run } from 'corral'

const links = 20_000
const perPage = 50
const folder = await mkdtemp(join(tmpdir(), 'corral-store-'))
const schema = 'create table url (id integer primary key, url text unique, depth integer)'
const urlOf = (i: number): string => `https://site.example/page/${Math.floor((i * 7919) % 9000)}`
const times: Record<string, number[]> = { thread: [], writer: [] }

function inThread(file: string): void {
  using db = new DatabaseSync(file)
  db.exec(`pragma journal_mode = wal; pragma synchronous = full; ${schema}`)
  const insert = db.prepare('insert into url (url, depth) values (?, ?) on conflict do nothing')
  const select = db.prepare('select id from url where url = ?')
  for (let page = 0; page < links; page += perPage) {
    db.exec('begin immediate')
    for (let i = page; i < page + perPage; i++) {
      if (insert.run(urlOf(i), 1).changes === 0) select.get(urlOf(i))
    }
    db.exec('commit')
  }
}

async function byWriter(file: string): Promise<void> {
  await using db = await openSqlite(file)
  await db.execute(sql.raw(schema))
  for (let page = 0; page < links; page += perPage) {
    await db.transaction(async (tx) => {
      for (let i = page; i < page + perPage; i++) {
        const { count } = await tx.execute(
          sql`insert into url (url, depth) values (${urlOf(i)}, 1) on conflict do nothing`,
        )
        if (count === 0) await tx.value(sql`select id from url where url = ${urlOf(i)}`)
      }
    })
  }
}

await run(async () => {
  for (let round = 0; round < 5; round++) {
    for (const [name, act] of Object.entries({ thread: inThread, writer: byWriter })) {
      const began = performance.now()
      await act(join(folder, `${name}-${round}.db`))
      times[name]?.push(((performance.now() - began) * 1000) / links)
    }
  }
  await rm(folder, { recursive: true })
  console.log('| way | microseconds a link, median of 5 |\n| --- | ---: |')
  for (const [name, all] of Object.entries(times)) {
    console.log(`| ${name} | ${(all.toSorted((a, b) => a - b)[2] ?? 0).toFixed(1)} |`)
  }
})
