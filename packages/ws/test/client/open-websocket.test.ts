import { createServer } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { openWebSocket, RefusedError, Room, websocket } from '@corral/ws'
import type { RoomEvent } from '@corral/ws'
import { openWebSocket as openInBrowser } from '@corral/ws/browser'
import {
  BrokenError,
  ClosedError,
  currentSignal,
  fixed,
  sleep,
  spawn,
  timeout,
  TimeoutError,
} from 'corral'
import { describe, expect, it } from 'vitest'
import { until, withServer } from '../with-server.ts'

const echo = websocket(
  async (socket) => {
    for await (const data of socket) await socket.send(data)
  },
  { messages: 'any' },
)

/** Puts each client into the room that there is, until it goes. */
function joining(room: () => Room): ReturnType<typeof websocket> {
  return websocket(async (socket) => {
    using _seat = room().join(socket)
    await sleep(3_600_000)
  })
}

describe.each([
  ['openWebSocket', openWebSocket],
  ['openWebSocket for browsers', openInBrowser],
])('%s', (_name, open) => {
  it('sends and receives texts and bytes in order', async () => {
    await withServer(echo, async ({ url }) => {
      await using live = await open(url)
      await live.send('text')
      await live.send(new Uint8Array([1, 2, 3]))
      expect(await live.receiveNext()).toBe('text')
      expect(await live.receiveNext()).toEqual(new Uint8Array([1, 2, 3]))
    })
  })

  it('fails when the first connection cannot be made', async () => {
    await withServer({ '/there': echo }, async ({ url }) => {
      const nowhere = open(`${url}/nowhere?token=secret`)
      await expect(nowhere).rejects.toBeInstanceOf(BrokenError)
      await expect(nowhere).rejects.toThrow(
        new RegExp(`^openWebSocket: cannot connect to ${url}/nowhere(: .+)?$`),
      )
      await expect(open('ws://127.0.0.1:1/')).rejects.toBeInstanceOf(BrokenError)
    })
  })

  it('says what the server answered, where the platform tells', async () => {
    await withServer({ '/there': echo }, async ({ url }) => {
      const nowhere = openWebSocket(`${url}/nowhere`)
      await expect(nowhere).rejects.toThrow('/nowhere: Unexpected server response: 404')
    })
  })

  it('gives up an attempt after its time, and when it is cancelled', async () => {
    const mute = createServer((socket) => socket.on('error', () => {}))
    mute.listen(0, '127.0.0.1')
    await once(mute, 'listening', { signal: currentSignal() })
    const url = `ws://127.0.0.1:${(mute.address() as AddressInfo).port}`
    await expect(open(url, { connectTimeout: 20 })).rejects.toBeInstanceOf(BrokenError)
    await expect(timeout(20, () => open(url))).rejects.toBeInstanceOf(TimeoutError)
    mute.close()
  })

  it('connects again when it is cut off, not when the server has closed for good', async () => {
    let connections = 0
    const handler = websocket(async (socket) => {
      connections += 1
      if (connections < 3) socket.connection.destroy()
      else socket.close(4001, 'enough')
      await sleep(3_600_000)
    })
    await withServer(handler, async ({ url }) => {
      const live = await open(url, { backoff: fixed(1) })
      for await (const _ of live) expect.unreachable()
      expect(connections).toBe(3)
      expect(live.state).toBe('closed')
      await expect(live.send('late')).rejects.toBeInstanceOf(ClosedError)
      await live.close()
    })
  })

  it('goes on where it was in a room: no gap, no duplicate', async () => {
    const room = new Room({ name: 'news', history: 1000 })
    const handler = joining(() => room)
    await withServer(handler, async ({ url }) => {
      await using live = await open(url, { resume: true, backoff: fixed(1) })
      const got: unknown[] = []
      const kinds: string[] = []
      const reader = spawn(async () => {
        for await (const event of live) {
          if (event.kind === 'message') got.push(event.data)
          else kinds.push(`${event.kind} ${String((event as { recovered?: boolean }).recovered)}`)
          if (got.length === 300) return
        }
      })
      await until(() => room.size === 1)
      for (let i = 0; i < 300; i++) {
        room.send(String(i))
        if (i % 50 === 25) for (const socket of handler.sockets) socket.connection.destroy()
        await sleep(1)
      }
      await reader
      expect(got).toEqual(Array.from({ length: 300 }, (_, i) => String(i)))
      expect(kinds[0]).toBe('subscribed undefined')
      expect(new Set(kinds.slice(1))).toEqual(new Set(['subscribed true']))
      expect(live.attempts).toBeGreaterThan(1)
    })
  })

  it('comes back after it was too slow for a room (4008), and goes on where it was', async () => {
    const room = new Room({ name: 'news', history: 1000 })
    const handler = joining(() => room)
    await withServer(handler, async ({ url }) => {
      await using live = await open(url, { resume: true, backoff: fixed(1) })
      const next = (): Promise<RoomEvent> => live.receiveNext()
      expect((await next()).kind).toBe('subscribed')
      room.send('one')
      expect(await next()).toEqual({ kind: 'message', room: 'news', data: 'one' })
      for (const socket of handler.sockets) socket.onOverflow()
      room.send('two')
      expect(await next()).toEqual({ kind: 'subscribed', room: 'news', recovered: true })
      expect(await next()).toEqual({ kind: 'message', room: 'news', data: 'two' })
    })
  })

  it('is told that messages are lost after a restart of the server', async () => {
    let room = new Room({ name: 'news', history: 10 })
    const handler = joining(() => room)
    await withServer(handler, async ({ url }) => {
      await using live = await open(url, { resume: true, backoff: fixed(1) })
      const next = (): Promise<RoomEvent> => live.receiveNext()
      expect(await next()).toEqual({ kind: 'subscribed', room: 'news', recovered: undefined })
      room.close()
      room = new Room({ name: 'news', history: 10 })
      room.send('of the new one')
      for (const socket of handler.sockets) socket.connection.destroy()
      expect(await next()).toEqual({ kind: 'subscribed', room: 'news', recovered: false })
      expect(await next()).toEqual({ kind: 'message', room: 'news', data: 'of the new one' })
    })
  })

  it('enters rooms by name, where the server lets it', async () => {
    const news = new Room({ name: 'news', history: 10 })
    const handler = websocket(() => sleep(3_600_000), {
      rooms: (name) => (name === 'news' ? news : undefined),
    })
    await withServer(handler, async ({ url }) => {
      await using live = await open(url, { resume: true, backoff: fixed(1) })
      await live.subscribe('news')
      await expect(live.subscribe('secrets')).rejects.toBeInstanceOf(RefusedError)
      news.send('one')
      expect((await live.receiveNext()).kind).toBe('subscribed')
      expect(await live.receiveNext()).toEqual({ kind: 'message', room: 'news', data: 'one' })
      for (const socket of handler.sockets) socket.connection.destroy()
      news.send('two')
      expect(await live.receiveNext()).toEqual({
        kind: 'subscribed',
        room: 'news',
        recovered: true,
      })
      expect(await live.receiveNext()).toEqual({ kind: 'message', room: 'news', data: 'two' })
      await live.unsubscribe('news')
      expect(news.size).toBe(0)
    })
  })

  it('asks, and gets the answer or the next message taken; keeps nothing of who gave up', async () => {
    const handler = websocket(async (socket) => {
      for await (const data of socket) {
        if (data === 'slow') await sleep(30)
        if (data === 'add') socket.reply({ sum: 3 })
        if (data === 'ask me') spawn(async () => socket.send(String(await socket.request('who?'))))
      }
    })
    await withServer(handler, async ({ url }) => {
      await using live = await open(url, { resume: true })
      expect(await live.request('add')).toEqual({ sum: 3 })
      expect(await live.request('plain')).toBe(undefined)
      await expect(timeout(5, () => live.request('slow'))).rejects.toBeInstanceOf(TimeoutError)
      expect(await live.request('add')).toEqual({ sum: 3 })
      await live.send('ask me')
      expect(await live.receiveNext()).toEqual({ kind: 'message', data: 'who?' })
      const next = live.receiveNext()
      expect(await next).toEqual({ kind: 'message', data: 'undefined' })
    })
  })

  it('keeps a request that waits for a connection, however many attempts fail', async () => {
    let refusing = false
    const handler = websocket(
      async (socket) => {
        for await (const _ of socket) socket.reply('answer')
      },
      { authorize: () => (refusing ? undefined : 'somebody') },
    )
    await withServer(handler, async ({ url }) => {
      await using live = await open(url, { resume: true, backoff: fixed(1) })
      refusing = true
      for (const socket of handler.sockets) socket.connection.destroy()
      await until(() => live.state === 'connecting')
      const answer = live.request('x')
      const { attempts } = live
      await until(() => live.attempts > attempts + 2)
      refusing = false
      expect(await answer).toBe('answer')
    })
  })

  it('rejects a request when the connection is lost', async () => {
    const handler = websocket(async (socket) => {
      await socket.receive()
      socket.connection.destroy()
      await sleep(3_600_000)
    })
    await withServer(handler, async ({ url }) => {
      await using live = await open(url, { resume: true, backoff: fixed(3_600_000) })
      await expect(live.request('x')).rejects.toBeInstanceOf(BrokenError)
      const waits = live.send('while there is no connection')
      await live.close()
      await expect(waits).rejects.toBeInstanceOf(ClosedError)
    })
  })
})
