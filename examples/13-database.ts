// A database: three queries at once through a pool, a transaction, and a timeout that also ends its query on the server.
import { openPostgres, sql } from '@corral/db'
import type { Database } from '@corral/db'
import { openTestPostgres } from '@corral/db/testing'
import { gather, moveOnAfter, run } from 'corral'

async function prepare(db: Database): Promise<void> {
  await db.execute(sql`create table users (id int, name text, balance int)`)
  await db.execute(sql`create table orders (user_id int, item text)`)
  const users = [
    [1, 'Ada', 100],
    [2, 'Bob', 100],
  ]
  // In `values ($1, $2)` of an insert the server knows the types of the columns.
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
  const { timedOut } = await moveOnAfter(100, () => db.query(sql`select pg_sleep(60)`))
  const busy = sql`select count(*)::int from pg_stat_activity where query like '%pg_sleep(60)' and state = 'active'`
  console.log(
    `timed out: ${timedOut ? 'yes' : 'no'}, still at work: ${await db.value<number>(busy)}`,
  )
}

export async function main(): Promise<void> {
  await using server = await openTestPostgres()
  await using db = await openPostgres(server.url, { max: 5 })
  await prepare(db)
  await page(db, 1)
  await transfer(db, 30)
  await transfer(db, 1000).catch((error: Error) => console.log(error.message))
  await page(db, 1)
  await tooSlow(db)
}

if (import.meta.main) await run(main)
