// Few connections for many tasks: a pool of expensive resources, and an HTTP session with a limit per host.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { HttpSession } from '@corral/http'
import { currentSignal, mapConcurrent, Pool, run, sleep } from 'corral'

class Connection {
  static opened = 0
  readonly id = (Connection.opened += 1)
  async query(sql: string): Promise<string> {
    await sleep(5)
    return `${sql} by connection ${this.id}`
  }
  async close(): Promise<void> {
    console.log(`  (a connection closed)`)
  }
}

async function connect(): Promise<Connection> {
  await sleep(20)
  return new Connection()
}

async function queries(): Promise<void> {
  await using pool = new Pool({ create: connect, destroy: (c) => c.close(), max: 2 })
  const results = await mapConcurrent(
    Array.from({ length: 50 }, (_, i) => `query ${i}`),
    (sql) => pool.use((connection) => connection.query(sql)),
    { concurrency: Infinity },
  )
  console.log(`${results.length} results, opened ${Connection.opened}`)
}

async function requests(): Promise<void> {
  let connections = 0
  await using server = createServer((request, response) => {
    setTimeout(() => response.end(`answer ${request.url}`), 5)
  })
  server.on('connection', () => (connections += 1))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening', { signal: currentSignal() })
  const { port } = server.address() as AddressInfo

  const paths = Array.from({ length: 50 }, (_, i) => `/${i}`)
  await using session = new HttpSession({ limitPerHost: 5 })
  const answers = await mapConcurrent(
    paths,
    async (path) => {
      await using response = await session.get(`http://127.0.0.1:${port}${path}`)
      return await response.text()
    },
    { concurrency: Infinity }, // the session has the limit
  )
  console.log(`${answers.length} answers, the last one: ${answers.at(-1)}`)
  console.log(`connections: ${connections}`)
}

export async function main(): Promise<void> {
  await queries()
  await requests()
}

if (import.meta.main) await run(main)
