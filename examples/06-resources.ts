// Resources that are always closed: after success, failure and cancellation, even when closing takes time.
import { open, run, sleep, timeout, TimeoutError } from 'corral'

class Connection {
  async query(sql: string): Promise<string> {
    await sleep(sql.includes('slow') ? 60_000 : 10)
    return `result of ${sql}`
  }

  async close(): Promise<void> {
    await sleep(20) // says goodbye to the server
    console.log('  (closed)')
  }
}

async function connect(): Promise<Connection> {
  await sleep(10)
  return new Connection()
}

async function ask(sql: string): Promise<string> {
  await using lease = await open(connect, (connection) => connection.close())
  return await lease.value.query(sql)
}

export async function main(): Promise<void> {
  console.log(await ask('select 1'))
  try {
    await timeout(100, () => ask('a slow one'))
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error
    console.log(error.message)
  }
}

if (import.meta.main) await run(main)
