import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { websocket } from '@corral/ws'
import { expect, it } from 'vitest'
import { connect, until, withServer } from '../with-server.ts'

it('publishes a connection when it is opened and when it is closed', async () => {
  const events: unknown[] = []
  const tell = (event: unknown, channel: string | symbol): void =>
    void events.push([channel, event])
  subscribe('corral:ws.opened', tell)
  subscribe('corral:ws.closed', tell)
  const echo = websocket(async (socket) => {
    for await (const text of socket) await socket.send(text)
  })
  await withServer(echo, async ({ url, sockets }) => {
    const client = await connect(url)
    client.socket.close(1000)
    await client.closed
    await until(() => sockets.live === 0)
  })
  unsubscribe('corral:ws.opened', tell)
  unsubscribe('corral:ws.closed', tell)
  expect(events).toEqual([
    ['corral:ws.opened', { name: '/ #1', ms: 0 }],
    ['corral:ws.closed', { name: '/ #1', ms: expect.any(Number) }],
  ])
})
