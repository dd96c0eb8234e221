// A database: three queries at once, a transaction, and a timeout whose query is gone when the line is printed. On
// SQLite, and on PostgreSQL.
import { openPostgres, openSqlite, sql } from '@corral/db'
import type { Database, Sql } from '@corral/db'
import { openTestPostgres } from '@corral/db/testing'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gather, moveOnAfter, run } from 'corral'

async function prepare(db: Database): Promise<void> {
  await db.migrate([
    { name: '1-users', up: 'create table users (id int, name text, balance int)' },
    { name: '2-orders', up: 'create table orders (user_id int, item text)' },
  ])
  const users = [
    [1, 'Ada', 100],
    [2, 'Bob', 100],
  ]
  await db.execute(sql`insert into users values ${sql.values(users)}`)
  await db.execute(sql`insert into orders values (1, 'pen'), (1, 'ink'), (2, 'cup')`)
}

async function page(db: Database, id: number): Promise<void> {
  const [name, orders, balance] = await gather([
    () => db.value<string>(sql`select name from users where id = ${id}`),
    () => db.query<{ item: string }>(sql`select item from orders where user_id = ${id}`),
    () => db.value<number>(sql`select balance from users where id = ${id}`),
  ])
  console.log(`${name} has ${balance} and ordered ${orders.map(({ item }) => item).join(', ')}`)
}

async function transfer(db: Database, amount: number): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(sql`update users set balance = balance + ${amount} where id = 2`)
    await tx.execute(sql`update users set balance = balance - ${amount} where id = 1`)
    const left = await tx.value<number>(sql`select balance from users where id = 1`)
    if (left < 0) throw new Error('not enough') // rolls back
  })
}

async function tooSlow(db: Database): Promise<void> {
  const endless = sql`with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n`
  const { timedOut } = await moveOnAfter(300, () => db.query(endless))
  console.log(`timed out: ${timedOut ? 'yes' : 'no'}, still at work: ${await atWork(db)}`)
}

/** PostgreSQL tells what goes on in it; of SQLite we have the processes that read. */
async function atWork(db: Database): Promise<number> {
  if (db.engine === 'sqlite') return db.stats().busy
  const busy: Sql = sql`select count(*)::int from pg_stat_activity where query like 'with recursive%' and state = 'active'`
  return await db.value<number>(busy)
}

async function program(db: Database): Promise<void> {
  await prepare(db)
  await page(db, 1)
  await transfer(db, 30)
  await transfer(db, 1000).catch((error: Error) => console.log(error.message))
  await page(db, 1)
  await tooSlow(db)
}

export async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'corral-'))
  try {
    await using db = await openSqlite(join(folder, 'shop.db'))
    await program(db)
  } finally {
    await rm(folder, { recursive: true })
  }
  await using server = await openTestPostgres()
  await using db = await openPostgres(server.url, { max: 5 })
  await program(db)
}

if (import.meta.main) await run(main)
