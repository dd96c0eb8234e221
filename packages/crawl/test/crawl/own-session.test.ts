import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { run } from 'corral'
import { expect, test } from 'vitest'
import { defaultCrawlLimits } from '../../src/crawl/crawl-limits.ts'
import { openSession } from '../../src/crawl/own-session.ts'

async function site(): Promise<{ url: string; accepted: number } & AsyncDisposable> {
  const server = createServer((_request, response) => void response.end('x')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const found = {
    url: `http://127.0.0.1:${port}/`,
    accepted: 0,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
    },
  }
  server.on('connection', () => found.accepted++)
  return found
}

test('hosts that take turns keep their connections', async () => {
  await using first = await site()
  await using second = await site()
  await run(async () => {
    const limits = { ...defaultCrawlLimits, concurrency: 2, concurrencyPerHost: 2 }
    await using session = openSession([first.url, second.url], limits)
    const read = async (url: string): Promise<void> => {
      await using response = await session.get(url, { headers: {}, maxBytes: 1000 })
      for await (const _ of response.body);
    }
    for (let turn = 0; turn < 6; turn++) {
      const { url } = turn % 2 === 0 ? first : second
      await Promise.all([read(url), read(url)])
    }
  })
  expect([first.accepted, second.accepted]).toEqual([2, 2])
})
