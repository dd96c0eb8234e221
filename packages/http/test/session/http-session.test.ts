import { ClosedError, MisuseError, taskGroup } from 'corral'
import { describe, expect, test } from 'vitest'
import { HttpSession } from '../../src/index.ts'
import type { HttpSessionOptions, RequestOptions } from '../../src/index.ts'
import { raw, TestServer } from '../server.ts'

/** Answers with what it was asked. */
const echo = (): Promise<TestServer> =>
  TestServer.http((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method, url, headers } = request
      const body = Buffer.concat(chunks).toString()
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ method, url, headers, body }))
    })
  })

interface Echo {
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: string
}

async function ask(
  url: string,
  options?: RequestOptions,
  sessionOptions?: HttpSessionOptions,
): Promise<Echo> {
  await using session = new HttpSession(sessionOptions)
  return (await session.request(url, options)).json<Echo>()
}

describe('HttpSession.request', () => {
  test('gives status, headers and body', async () => {
    await using server = await TestServer.http((_request, response) => {
      response.writeHead(404, 'Nowhere', { 'X-One': 'a', 'Set-Cookie': ['b=1', 'c=2'] })
      response.end('nothing here')
    })
    await using session = new HttpSession()
    const response = await session.get(server.url)
    expect(response).toMatchObject({ status: 404, statusText: 'Nowhere', ok: false })
    expect(response.url).toBe(server.url)
    expect(response.remoteAddress).toBe('127.0.0.1')
    expect(response.headers.get('x-ONE')).toBe('a')
    expect(response.headers.getAll('set-cookie')).toEqual(['b=1', 'c=2'])
    expect(response.headers.has('x-two')).toBe(false)
    expect([...response.headers]).toContainEqual(['set-cookie', 'c=2'])
    expect(await response.text()).toBe('nothing here')
  })

  test('sends path and query, and no fragment', async () => {
    await using server = await echo()
    expect((await ask(`${server.url}a%20b?c=d&e#f`)).url).toBe('/a%20b?c=d&e')
  })

  test('sends the headers of the session and of the request, which win', async () => {
    await using server = await echo()
    const { headers } = await ask(
      server.url,
      { headers: { 'X-A': 'mine', 'x-list': ['1', '2'] } },
      { headers: { 'x-a': 'ours', 'x-b': 'ours', 'User-Agent': 'me' } },
    )
    expect(headers).toMatchObject({ 'x-a': 'mine', 'x-b': 'ours', 'x-list': '1, 2' })
    expect(headers['user-agent']).toBe('me')
    expect(headers['accept-encoding']).toBe('gzip, deflate, br, zstd')
  })

  test('asks for no packed body when it is not to be unpacked', async () => {
    await using server = await echo()
    const { headers } = await ask(server.url, { decompress: false })
    expect(headers['accept-encoding']).toBeUndefined()
  })

  test('sends what the URL says of user and password as authorization, not in the path', async () => {
    await using server = await echo()
    const { headers, url } = await ask(server.url.replace('//', '//us%C3%A9r:p%40ss@'))
    expect(headers['authorization']).toBe(`Basic ${Buffer.from('usér:p@ss').toString('base64')}`)
    expect(url).toBe('/')
  })

  test.each([
    ['a text', { body: 'häl' }, 'häl'],
    ['bytes', { body: new Uint8Array([104, 105]) }, 'hi'],
    ['JSON', { json: { a: [1] } }, '{"a":[1]}'],
    ['a stream', { body: chunks('one ', 'two') }, 'one two'],
  ])('sends %s', async (_what, options, expected) => {
    await using server = await echo()
    const { method, body } = await ask(server.url, { method: 'post', ...options })
    expect({ method, body }).toEqual({ method: 'POST', body: expected })
  })

  test('fails with what the stream that it sends fails with', async () => {
    await using server = await echo()
    await using session = new HttpSession()
    const failing = (async function* () {
      yield Buffer.from('begin')
      throw new Error('no more')
    })()
    const error = await session
      .request(server.url, { method: 'POST', body: failing })
      .catch((error: unknown) => error)
    expect(error).toMatchObject({ name: 'Error', message: 'no more' })
    expect(session.connections).toBe(0)
  })

  test('keeps the connection for the next request', async () => {
    await using server = await echo()
    await using session = new HttpSession()
    for (let i = 0; i < 5; i++) await (await session.get(server.url)).text()
    expect(server.accepted).toBe(1)
    expect(session.connections).toBe(1)
  })

  test('keeps the connection when nobody reads a small body', async () => {
    await using server = await echo()
    await using session = new HttpSession({ limit: 1 })
    for (let i = 0; i < 5; i++) await session.get(server.url)
    expect(server.accepted).toBe(1)
  })

  test('closes an idle connection after keepAlive', async () => {
    await using server = await echo()
    await using session = new HttpSession({ keepAlive: 20 })
    await (await session.get(server.url)).text()
    await server.until(() => server.sockets.size === 0)
    await (await session.get(server.url)).text()
    expect(server.accepted).toBe(2)
  })

  test.each([
    [0, 3, 'close'],
    [Infinity, 1, 'keep-alive'],
    [0.5, 3, 'keep-alive'],
  ])('takes a keepAlive of %d', async (keepAlive, accepted, said) => {
    await using server = await echo()
    await using session = new HttpSession({ keepAlive, limit: 1 })
    for (let i = 0; i < 3; i++) {
      const { headers } = await (await session.get(server.url)).json<Echo>()
      expect(headers['connection']).toBe(said)
      if (accepted > 1) await server.until(() => server.sockets.size === 0)
    }
    expect(server.accepted).toBe(accepted)
  })

  test('follows no connection: close', async () => {
    await using server = await TestServer.http((_request, response) => {
      response.setHeader('connection', 'close').end('bye')
    })
    await using session = new HttpSession({ limit: 1 })
    for (let i = 0; i < 3; i++) expect(await (await session.get(server.url)).text()).toBe('bye')
    expect(server.accepted).toBe(3)
  })

  test('waits for the answer after 103 Early Hints', async () => {
    await using server = await TestServer.tcp((socket) => {
      socket.on('data', () => {
        socket.write(raw('HTTP/1.1 103 Early Hints\nLink: </a>'))
        socket.write(raw('HTTP/1.1 200 OK\nContent-Length: 2', 'ok'))
      })
    })
    await using session = new HttpSession()
    const response = await session.get(server.url)
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('ok')
  })

  test('takes a body that ends with its connection', async () => {
    await using server = await TestServer.tcp((socket) => {
      socket.on('data', () => socket.end(raw('HTTP/1.0 200 OK', 'to the end')))
    })
    await using session = new HttpSession()
    expect(await (await session.get(server.url)).text()).toBe('to the end')
  })

  test.each([
    ['HEAD', 'HTTP/1.1 200 OK\nContent-Length: 1000'],
    ['GET', 'HTTP/1.1 204 No Content'],
    ['GET', 'HTTP/1.1 304 Not Modified\nContent-Length: 1000'],
  ])('takes the answer to %s without a body: %s', async (method, head) => {
    await using server = await TestServer.tcp((socket) => {
      socket.on('data', () => socket.write(raw(head)))
    })
    await using session = new HttpSession({ maxBytes: 10 })
    const response = await session.request(server.url, { method })
    expect(await response.bytes()).toHaveLength(0)
  })
})

describe('HttpSession limits', () => {
  /** Counts who is being served, and serves all when `open` is called. */
  async function gate(): Promise<{
    server: TestServer
    state: { now: number; most: number }
    open(): void
  }> {
    const waiting: (() => void)[] = []
    const state = { now: 0, most: 0 }
    let opened = false
    const server = await TestServer.http((_request, response) => {
      state.now += 1
      state.most = Math.max(state.most, state.now)
      const answer = (): void => {
        state.now -= 1
        response.end('x')
      }
      if (opened) setImmediate(answer)
      else waiting.push(answer)
      server.changed()
    })
    const open = (): void => {
      opened = true
      for (const answer of waiting) answer()
    }
    return { server, state, open }
  }

  test.each([
    ['limit', { limit: 3 }],
    ['limitPerHost', { limitPerHost: 3 }],
  ])('%s bounds the requests at a time, exactly', async (_name, options) => {
    const { server, state, open } = await gate()
    await using _ = server
    await using session = new HttpSession(options)
    const all = Array.from({ length: 50 }, async () => (await session.get(server.url)).text())
    await server.until(() => state.now === 3)
    open()
    expect(await Promise.all(all)).toHaveLength(50)
    expect(state.most).toBe(3)
    expect(server.most).toBe(3)
  })

  test('limitPerHost of a busy host holds up no other host', async () => {
    const { server, state, open } = await gate()
    await using _ = server
    await using other = await echo()
    await using session = new HttpSession({ limit: 2, limitPerHost: 1 })
    const blocked = Array.from({ length: 5 }, async () => (await session.get(server.url)).text())
    await server.until(() => state.now === 1)
    for (let i = 0; i < 3; i++) expect((await session.get(other.url)).status).toBe(200)
    open()
    await Promise.all(blocked)
    expect(state.most).toBe(1)
  })

  test('serves first come first served', async () => {
    const seen: string[] = []
    await using server = await TestServer.http((request, response) => {
      seen.push(request.url as string)
      response.end('x')
    })
    await using session = new HttpSession({ limit: 2, limitPerHost: 1 })
    const urls = Array.from({ length: 40 }, (_, i) => `/${i}`)
    await Promise.all(urls.map((url) => session.get(new URL(url, server.url))))
    expect(seen).toEqual(urls)
  })

  test('counts idle connections: the oldest makes room for a new host', async () => {
    const servers = await Promise.all([echo(), echo(), echo()])
    await using session = new HttpSession({ limit: 2 })
    for (const { url } of servers) await (await session.get(url)).text()
    await servers[0].until(() => servers[0].sockets.size === 0)
    expect(servers.map(({ sockets }) => sockets.size)).toEqual([0, 1, 1])
    for (const server of servers) await server[Symbol.asyncDispose]()
  })

  test('maxConnections keeps those of hosts that are asked in turn', async () => {
    const servers = await Promise.all([echo(), echo(), echo()])
    await using session = new HttpSession({ limit: 1, maxConnections: 2 })
    for (const index of [0, 1, 0, 1, 0, 1]) {
      const { url = '' } = servers[index] ?? {}
      await (await session.get(url)).text()
    }
    expect(servers.map(({ accepted }) => accepted)).toEqual([1, 1, 0])
    await (await session.get(servers[2].url)).text()
    await servers[0].until(() => servers[0].sockets.size === 0)
    expect(servers.map(({ sockets }) => sockets.size)).toEqual([0, 1, 1])
    for (const server of servers) await server[Symbol.asyncDispose]()
  })

  test('2 000 requests at once to a limit of 10 all end', async () => {
    await using server = await echo()
    await using session = new HttpSession({ limit: 10 })
    const bodies = await taskGroup(async (group) => {
      const tasks = Array.from({ length: 2000 }, (_, i) =>
        group.spawn(async () => (await session.get(`${server.url}${i}`)).json<Echo>()),
      )
      const bodies: string[] = []
      for (const task of tasks) bodies.push((await task).url)
      return bodies
    })
    expect(bodies).toEqual(Array.from({ length: 2000 }, (_, i) => `/${i}`))
    expect(server.accepted).toBe(10)
  })
})

describe('HttpSession.close', () => {
  test('closes idle connections and waits for it', async () => {
    await using server = await echo()
    const session = new HttpSession()
    await Promise.all([1, 2, 3].map(async () => (await session.get(server.url)).text()))
    expect(session.connections).toBe(3)
    await session.close()
    expect(session.connections).toBe(0)
    await server.until(() => server.sockets.size === 0)
  })

  test('turns away later requests; again it does nothing', async () => {
    await using server = await echo()
    const session = new HttpSession()
    await session.close()
    await session.close()
    await expect(session.get(server.url)).rejects.toThrow(ClosedError)
    expect(server.accepted).toBe(0)
  })

  test('leaves a body that has arrived to its reader', async () => {
    await using server = await echo()
    const session = new HttpSession()
    const response = await session.get(server.url)
    await session.close()
    expect((await response.json<Echo>()).method).toBe('GET')
  })
})

describe('HttpSession refuses', () => {
  test.each<[string, HttpSessionOptions]>([
    ['limit must be a whole number of at least 1, or Infinity, got 0', { limit: 0 }],
    ['limitPerHost must be a whole number', { limitPerHost: 1.5 }],
    ['maxConnections must be a whole number of at least 100', { maxConnections: 99 }],
    ['timeout must be a number of milliseconds', { timeout: -1 }],
    ['connectTimeout must be', { connectTimeout: Number.NaN }],
    ['headersTimeout must be', { headersTimeout: '5' as never }],
    ['bodyTimeout must be', { bodyTimeout: { ms: 1 } as never }],
    ['keepAlive must be', { keepAlive: -5 }],
    ['maxBytes must be', { maxBytes: -5 }],
    ['maxRedirects must be', { maxRedirects: -1 }],
    ["redirect must be 'manual' or 'follow', got", { redirect: 'error' as never }],
  ])('HttpSession: %s', (message, options) => {
    expect(() => new HttpSession(options)).toThrow(MisuseError)
    expect(() => new HttpSession(options)).toThrow(`HttpSession: ${message}`)
  })

  test.each<[string, string | URL, RequestOptions]>([
    ['no URL', 'not a url', {}],
    ['a relative URL', '/path', {}],
    ['another scheme', 'ftp://example.org/', {}],
    ['a header with a line break', 'http://127.0.0.1:1/', { headers: { a: 'b\r\nc: d' } }],
    ['a method with a space', 'http://127.0.0.1:1/', { method: 'GET /' }],
    ['body and json', 'http://127.0.0.1:1/', { method: 'POST', body: '', json: 1 }],
    ['a limit out of range', 'http://127.0.0.1:1/', { timeout: -1 }],
  ])('%s', async (_what, url, options) => {
    await using session = new HttpSession()
    await expect(session.request(url, options)).rejects.toThrow(MisuseError)
    expect(session.connections).toBe(0)
  })
})

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text)
}
