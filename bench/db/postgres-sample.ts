// node postgres-sample.ts <contender> <url>: point queries through a pool of 10, from 50 loops at once.
import { run } from 'corral'
import { openPostgres, sql } from '@corral/db'
import pg from 'pg'
import postgres from 'postgres'
import { measure } from './workload.ts'
import type { Sample } from './workload.ts'

const [, , name = '', url = ''] = process.argv
const size = 10
const load = { total: 20_000, concurrency: 50 }
const text = 'select id, name, balance, created from bench_user where id = $1'
const id = (i: number): number => (i % 1000) + 1

const contenders: Record<string, () => Promise<Sample>> = {
  async 'pg.Pool'() {
    const pool = new pg.Pool({ connectionString: url, max: size })
    const sample = await measure(async (i) => (await pool.query(text, [id(i)])).rows, load)
    await pool.end()
    return sample
  },
  async 'postgres.js, prepare: false'() {
    const db = postgres(url, { max: size, prepare: false })
    const sample = await measure(
      (i) => db`select id, name, balance, created from bench_user where id = ${id(i)}`,
      load,
    )
    await db.end()
    return sample
  },
  async 'postgres.js'() {
    const db = postgres(url, { max: size })
    const sample = await measure(
      (i) => db`select id, name, balance, created from bench_user where id = ${id(i)}`,
      load,
    )
    await db.end()
    return sample
  },
  corral: () => corral(false),
  'corral, pipeline': () => corral(true),
}

function corral(pipeline: boolean): Promise<Sample> {
  return run(async () => {
    await using db = await openPostgres(url, { max: size, pipeline })
    return await measure(
      (i) => db.query(sql`select id, name, balance, created from bench_user where id = ${id(i)}`),
      load,
    )
  })
}

console.log(JSON.stringify(await contenders[name]?.()))
