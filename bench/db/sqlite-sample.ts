// node sqlite-sample.ts <contender> read|write <file>: point queries, or inserts that are durable each, 100 at a time.
import { DatabaseSync } from 'node:sqlite'
import Better from 'better-sqlite3'
import { run } from 'corral'
import { openSqlite, sql } from '@corral/db'
import { measure } from './workload.ts'
import type { Sample } from './workload.ts'

const [, , name = '', kind = 'read', file = ''] = process.argv
const read = kind === 'read'
const load = { total: read ? 200_000 : 3000, concurrency: 100 }
const select = 'select id, name, balance from bench_user where id = ?'
const insert = 'insert into bench_log (text) values (?)'
const id = (i: number): number => (i % 1000) + 1
const durable = 'pragma journal_mode = wal; pragma synchronous = full'

const contenders: Record<string, () => Promise<Sample>> = {
  async 'node:sqlite, prepared each time'() {
    using db = new DatabaseSync(file)
    db.exec(durable)
    return await measure(
      async (i) => (read ? db.prepare(select).all(id(i)) : db.prepare(insert).run('x')),
      load,
    )
  },
  async 'node:sqlite, prepared once'() {
    using db = new DatabaseSync(file)
    db.exec(durable)
    const [query, add] = [db.prepare(select), db.prepare(insert)]
    return await measure(async (i) => (read ? query.all(id(i)) : add.run('x')), load)
  },
  async 'better-sqlite3, prepared once'() {
    const db = new Better(file)
    db.exec(durable)
    const [query, add] = [db.prepare(select), db.prepare(insert)]
    const sample = await measure(async (i) => (read ? query.all(id(i)) : add.run('x')), load)
    db.close()
    return sample
  },
  corral: () => corral('process'),
  'corral, isolation: thread': () => corral('thread'),
}

function corral(isolation: 'process' | 'thread'): Promise<Sample> {
  return run(async () => {
    await using db = await openSqlite(file, { isolation })
    return await measure(
      (i) =>
        read
          ? db.query(sql`select id, name, balance from bench_user where id = ${id(i)}`)
          : db.execute(sql`insert into bench_log (text) values (${'x'})`),
      load,
    )
  })
}

console.log(JSON.stringify(await contenders[name]?.()))
