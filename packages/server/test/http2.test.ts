import { once } from 'node:events'
import { connect, constants } from 'node:http2'
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2'
import { request as httpsRequest } from 'node:https'
import { connect as tlsConnect } from 'node:tls'
import type { IncomingMessage } from 'node:http'
import { currentSignal, sleep, spawn } from 'corral'
import { describe, expect, it } from 'vitest'
import { api, openServer, reply, sse } from '../src/index.ts'
import { cert, key } from '../../http/test/connect/certificate.ts'
import { serving, waiting } from './serving.ts'

const tls = { cert, key }

function session(url: string): ClientHttp2Session {
  return connect(url, { ca: cert, servername: 'corral.test' }).on('error', () => {})
}

async function answer(stream: ClientHttp2Stream): Promise<[number | undefined, string]> {
  const signal = currentSignal()
  const [headers] = (await once(stream, 'response', { signal })) as [IncomingHttpHeaders]
  let text = ''
  stream.setEncoding('utf8').on('data', (piece: string) => (text += piece))
  await once(stream, 'close', { signal })
  return [Number(headers[':status']), text]
}

describe('HTTP/2', () => {
  it('is answered beside HTTP/1 on the same port, with bodies both ways', async () => {
    const app = api()
    app.post('/echo', async ({ request }) => reply(await request.text()))
    app.get('/host', ({ request }) => reply(String(request.headers['host'])))
    await serving(
      app,
      async ({ server, events, ended }) => {
        const client = session(server.url)
        const post = client.request({ ':method': 'POST', ':path': '/echo' })
        const large = 'x'.repeat(300_000)
        post.end(large)
        expect(await answer(post)).toEqual([200, large])
        const host = client.request({ ':path': '/host' })
        expect(await answer(host)).toEqual([200, `corral.test:${server.port}`])
        client.close()
        const options = { ca: cert, servername: 'corral.test' }
        const first = httpsRequest(`${server.url}/host`, options).end()
        const [response] = (await once(first, 'response', { signal: currentSignal() })) as [
          IncomingMessage,
        ]
        response.resume()
        expect([response.httpVersion, response.statusCode]).toEqual(['1.1', 200])
        await ended(3)
        expect(events.map(({ outcome }) => outcome)).toEqual(Array(3).fill('answered'))
      },
      { tls },
    )
  })

  it('cancels before the answer, in the upload and in a stream, one stream or all of a session', async () => {
    const { begun, handler } = waiting()
    const app = api()
    app.get('/wait', handler)
    app.post('/upload', ({ request }) => {
      begun.set()
      return request.text()
    })
    async function* endless(): AsyncGenerator<Uint8Array> {
      begun.set()
      for (;;) yield Buffer.alloc(65_536)
    }
    app.get('/stream', () => reply(endless()))
    await serving(
      app,
      async ({ server, events, ended }) => {
        for (const whole of [false, true]) {
          for (const path of ['/wait', '/upload', '/stream']) {
            begun.clear()
            const client = session(server.url)
            const method = path === '/upload' ? 'POST' : 'GET'
            // Node's client ends a body before it resets its stream: only the length tells.
            const length = path === '/upload' ? { 'content-length': '100' } : {}
            const stream = client.request({ ':method': method, ':path': path, ...length })
            stream.on('error', () => {})
            if (path === '/upload') stream.write('half')
            await begun.wait()
            if (whole) client.destroy()
            else stream.close(constants.NGHTTP2_CANCEL)
            await ended(events.length + 1)
            client.destroy()
          }
        }
        expect(events.map(({ outcome }) => outcome)).toEqual(Array(6).fill('disconnected'))
        expect(server.live).toBe(0)
      },
      { tls },
    )
  })

  it('cancels nothing that is completed, though the body was not read', async () => {
    const app = api()
    app.get('/', () => ({ ok: true }))
    app.post('/', () => ({ ok: true }))
    await serving(
      app,
      async ({ server, events, ended }) => {
        const client = session(server.url)
        for (let round = 0; round < 20; round += 1) {
          const streams = Array.from({ length: 25 }, (_, index) => {
            const stream = client.request({ ':method': index % 5 === 0 ? 'POST' : 'GET' })
            stream.on('error', () => {}).end(index % 5 === 0 ? 'unread' : undefined)
            return answer(stream)
          })
          for (const each of streams) expect(await each).toEqual([200, '{"ok":true}'])
        }
        client.destroy()
        await ended(500)
        expect(events.filter(({ outcome }) => outcome !== 'answered')).toEqual([])
      },
      { tls },
    )
  })

  it('tells a client that goes on sending after an early answer to stop', async () => {
    const app = api()
    app.post('/', ({ request }) => request.text(), { maxBodyBytes: 1000 })
    await serving(
      app,
      async ({ server }) => {
        const client = session(server.url)
        const stream = client.request({ ':method': 'POST' })
        stream.on('error', () => {}).write('x'.repeat(50_000))
        expect((await answer(stream))[0]).toBe(413)
        expect(stream.rstCode).toBe(constants.NGHTTP2_NO_ERROR)
        expect((await answer(client.request({ ':path': '/livez' })))[0]).toBe(200)
        client.destroy()
      },
      { tls },
    )
  })

  it('drains: streams end, those under way are answered, the session is told', async () => {
    const { begun, handler } = waiting()
    const app = api()
    async function* forever(): AsyncGenerator<{ data: string }> {
      yield { data: 'hi' }
      await handler()
    }
    app.get('/events', () => sse(forever()))
    app.get('/slow', async () => {
      await sleep(200)
      return 'done'
    })
    await serving(
      app,
      async ({ server, events }) => {
        const client = session(server.url)
        const goaway = once(client, 'goaway', { signal: currentSignal() })
        const [events2, slow] = ['/events', '/slow'].map((path) =>
          answer(client.request({ ':path': path })),
        )
        await begun.wait()
        while (server.live < 2) await sleep(1)
        const draining = spawn(() => server.drain())
        expect(await events2).toEqual([200, 'data: hi\n\n'])
        expect(await slow).toEqual([200, '"done"'])
        expect((await goaway)[0]).toBe(constants.NGHTTP2_NO_ERROR)
        await draining
        expect(events.map(({ outcome }) => outcome)).toEqual(['answered', 'answered'])
      },
      { tls, linger: 0 },
    )
  })

  it('cuts off a reader that takes nothing, refuses large headers, closes what is idle', async () => {
    const app = api()
    app.get('/large', () => reply(Buffer.alloc(50_000_000)))
    await serving(
      app,
      async ({ server, events, ended }) => {
        const client = session(server.url)
        const stalled = client.request({ ':path': '/large' })
        stalled.on('error', () => {})
        await ended(1)
        expect(events[0]?.outcome).toBe('disconnected')
        client.destroy()
        const idle = session(server.url)
        await once(idle, 'close', { signal: currentSignal() })
        const other = session(server.url) // which does not know yet how much is taken
        const large = other.request({ ':path': '/', a: 'x'.repeat(12_000), b: 'y'.repeat(8000) })
        expect((await answer(large))[0]).toBe(431)
        other.destroy()
      },
      { tls, readerTimeout: 150, keepAlive: 300 },
    )
  })

  it('bears a client that is no TLS, and one that stops in its handshake', async () => {
    await serving(
      api(),
      async ({ server }) => {
        await expect(fetch(server.url.replace('https', 'http'))).rejects.toThrow('fetch failed')
        const socket = tlsConnect({
          port: server.port,
          ALPNProtocols: ['h2'],
          ca: cert,
          servername: 'corral.test',
        })
        await once(socket, 'secureConnect', { signal: currentSignal() })
        socket.write('nonsense that is no preface of HTTP/2 at all')
        socket.resume()
        await once(socket, 'close', { signal: currentSignal() })
      },
      { tls },
    )
  })

  it('throws for a certificate that is none', async () => {
    await expect(openServer(api(), { port: 0, tls: { cert: 'no', key } })).rejects.toThrow('PEM')
  })
})
