// 50 requests over 5 connections: the session opens no more to one host, and keeps them.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { HttpSession } from '@corral/http'
import { mapConcurrent, run } from 'corral'

export async function main(): Promise<void> {
  let connections = 0
  await using server = createServer((request, response) => {
    setTimeout(() => response.end(`answer ${request.url}`), 5)
  })
  server.on('connection', () => (connections += 1))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
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

if (import.meta.main) await run(main)
