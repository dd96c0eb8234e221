import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { expect, test } from 'vitest'
import { HttpSession } from '../../src/index.ts'
import { TestServer } from '../server.ts'

test('how a request went is published, and nothing of its path', async () => {
  const events: unknown[] = []
  const tell = (event: unknown): void => void events.push(event)
  await using server = await TestServer.http((_request, response) => {
    response.writeHead(404).end()
  })
  await using session = new HttpSession()
  await session.get(server.url)
  subscribe('corral:http.request', tell)
  await session.get(`${server.url}/secret?token=1`)
  await session.close()
  await expect(session.get(server.url)).rejects.toThrow('closed')
  unsubscribe('corral:http.request', tell)
  const { origin } = new URL(server.url)
  expect(events).toEqual([
    { method: 'GET', origin, status: 404, ms: expect.any(Number), error: undefined },
    { method: 'GET', origin, status: undefined, ms: expect.any(Number), error: expect.any(Error) },
  ])
})
