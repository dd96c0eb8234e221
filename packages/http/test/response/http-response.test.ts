import { CancelScope, ClosedError, MisuseError, sleep, spawn } from 'corral'
import { expect, test } from 'vitest'
import { HttpError, HttpSession } from '../../src/index.ts'
import { raw, TestServer } from '../server.ts'

const MB = 1024 * 1024

/** Sends `size` bytes, as fast as they are taken. */
const large = (size: number, headers: Record<string, string> = {}): Promise<TestServer> =>
  TestServer.http((_request, response) => {
    response.writeHead(200, headers)
    let left = size
    const more = (): void => {
      while (left > 0) {
        const chunk = Buffer.alloc(Math.min(left, 64 * 1024), 'x')
        left -= chunk.length
        if (!response.write(chunk)) {
          response.once('drain', more)
          return
        }
      }
      response.end()
    }
    more()
  })

test('HttpResponse.body gives every byte in order', async () => {
  await using server = await large(3 * MB)
  await using session = new HttpSession()
  let total = 0
  for await (const chunk of (await session.get(server.url)).body) total += chunk.length
  expect(total).toBe(3 * MB)
  expect(session.connections).toBe(1)
})

test('HttpResponse.body holds the server back while its reader is slow', async () => {
  await using server = await large(64 * MB)
  await using session = new HttpSession()
  await using response = await session.get(server.url)
  await sleep(100)
  const [socket] = server.sockets
  expect(socket?.bytesWritten).toBeGreaterThan(64 * 1024)
  const sent = socket?.bytesWritten ?? 0
  await sleep(50)
  expect(socket?.bytesWritten).toBe(sent)
  expect(sent).toBeLessThan(32 * MB) // what fits into the sockets' buffers
  let total = 0
  for await (const chunk of response.body) {
    total += chunk.length
    if (total > 32 * MB) break
  }
  expect((socket?.bytesWritten ?? 0) - total).toBeLessThan(2 * sent)
})

test('HttpResponse.body counts no bodyTimeout while its reader is slow', async () => {
  await using server = await large(MB)
  await using session = new HttpSession({ bodyTimeout: 40 })
  const response = await session.get(server.url)
  let total = 0
  for await (const chunk of response.body) {
    if (total === 0) await sleep(100)
    total += chunk.length
  }
  expect(total).toBe(MB)
})

test('HttpResponse.body counts bodyTimeout from one chunk to the next', async () => {
  await using server = await TestServer.http(async (_request, response) => {
    for (let i = 0; i < 8; i++) {
      response.write('.')
      await sleep(15)
    }
    response.end('end')
  })
  await using session = new HttpSession({ bodyTimeout: 80 })
  expect(await (await session.get(server.url)).text()).toBe('........end')
})

test('HttpResponse reads its body once', async () => {
  await using server = await large(10)
  await using session = new HttpSession()
  const response = await session.get(server.url)
  await response.text()
  await expect(response.text()).rejects.toThrow(MisuseError)
  await expect(response.bytes()).rejects.toThrow('was read or closed before')
  expect(() => response.body[Symbol.asyncIterator]()).toThrow(MisuseError)
})

test.each(['bytes', 'text', 'json', 'body'] as const)(
  'HttpResponse.%s stops at maxBytes and closes the connection',
  async (method) => {
    await using server = await TestServer.http((_request, response) => {
      const more = (): void => {
        while (response.writable && response.write('"'.repeat(16_384))) continue
      }
      response.on('drain', more)
      more() // and never ends
    })
    await using session = new HttpSession({ maxBytes: 100_000 })
    const response = await session.get(server.url)
    const read = async (): Promise<void> => {
      if (method !== 'body') await response[method]()
      else for await (const _chunk of response.body) continue
    }
    const error = await read().catch((error: unknown) => error)
    expect(error).toBeInstanceOf(HttpError)
    expect(error).toMatchObject({ code: 'TOO_LARGE', phase: 'body', url: server.url })
    expect((error as Error).message).toContain('larger than 100000 bytes')
    expect(session.connections).toBe(0)
    await server.until(() => server.sockets.size === 0)
  },
)

test('HttpResponse.bytes takes maxBytes of its own, and exactly so many', async () => {
  await using server = await large(1000)
  await using session = new HttpSession({ maxBytes: 10 })
  expect(await (await session.get(server.url)).bytes({ maxBytes: 1000 })).toHaveLength(1000)
  await expect((await session.get(server.url)).bytes({ maxBytes: 999 })).rejects.toMatchObject({
    code: 'TOO_LARGE',
  })
})

test('HttpResponse.bytes reads nothing of a body that is announced too large', async () => {
  await using server = await large(64 * MB, { 'content-length': String(64 * MB) })
  await using session = new HttpSession({ maxBytes: MB })
  const response = await session.get(server.url)
  await expect(response.bytes()).rejects.toMatchObject({ code: 'TOO_LARGE' })
  expect(session.connections).toBe(0)
})

test('HttpResponse.text is UTF-8 without its mark, and replaces what is none', async () => {
  await using server = await TestServer.http((_request, response) => {
    response.end(Buffer.from([0xef, 0xbb, 0xbf, 0xc3, 0xa4, 0xff]))
  })
  await using session = new HttpSession()
  expect(await (await session.get(server.url)).text()).toBe('ä\ufffd')
})

test('HttpResponse.json throws SyntaxError for what is none', async () => {
  await using server = await large(3)
  await using session = new HttpSession()
  await expect((await session.get(server.url)).json()).rejects.toThrow(SyntaxError)
})

test('HttpResponse.drain keeps the connection of a small body', async () => {
  await using server = await TestServer.http(async (_request, response) => {
    response.write('the beginning')
    await sleep(10)
    response.end('the end')
  })
  await using session = new HttpSession()
  for (let i = 0; i < 3; i++) await (await session.get(server.url)).drain()
  expect(server.accepted).toBe(1)
  expect(session.connections).toBe(1)
})

test('HttpResponse.drain closes the connection of a large body', async () => {
  await using server = await large(64 * MB)
  await using session = new HttpSession()
  await (await session.get(server.url)).drain()
  expect(session.connections).toBe(0)
})

test('HttpResponse.close keeps the connection when the body has ended', async () => {
  await using server = await large(10)
  await using session = new HttpSession()
  for (let i = 0; i < 3; i++) {
    await using response = await session.get(server.url)
    await response.text()
  }
  expect(server.accepted).toBe(1)
})

test('HttpResponse.body: the next request on the connection is not closed by leaving late', async () => {
  await using server = await large(10)
  await using session = new HttpSession({ limit: 1 })
  const first = await session.get(server.url)
  const second = await session.get(server.url) // on the same connection: the first body is here
  await first.close()
  expect(await second.text()).toBe('x'.repeat(10))
  expect(server.accepted).toBe(1)
})

test('HttpResponse: a broken body gives what came, and then its error', async () => {
  await using server = await TestServer.tcp((socket) => {
    socket.on('data', () => socket.end(raw('HTTP/1.1 200 OK\nContent-Length: 100', 'half')))
  })
  await using session = new HttpSession()
  const response = await session.get(server.url)
  const parts: string[] = []
  const read = async (): Promise<void> => {
    for await (const chunk of response.body) parts.push(String(chunk))
  }
  await expect(read()).rejects.toMatchObject({ code: 'RESET', phase: 'body' })
  expect(parts).toEqual(['half'])
})

/** Sends a beginning, and nothing more. */
const unfinished = (): Promise<TestServer> =>
  TestServer.http((_request, response) => {
    response.write('the beginning')
  })

test('HttpResponse.body is read by one task at a time', async () => {
  await using server = await unfinished()
  await using session = new HttpSession()
  await using response = await session.get(server.url)
  const chunks = response.body[Symbol.asyncIterator]()
  await chunks.next()
  const waiting = chunks.next()
  await expect(chunks.next()).rejects.toThrow(MisuseError)
  await response.close()
  await expect(waiting).rejects.toThrow(ClosedError)
})

test('HttpResponse.close wakes the task that reads', async () => {
  await using server = await unfinished()
  await using session = new HttpSession()
  const response = await session.get(server.url)
  const reader = spawn(() => response.text())
  await sleep(5)
  await response.close()
  expect(await reader.settled()).toMatchObject({ reason: { code: 'CLOSED' } })
  expect(session.connections).toBe(0)
})

test('HttpResponse.body: what it failed with it fails with again', async () => {
  await using server = await unfinished()
  await using session = new HttpSession({ bodyTimeout: 20 })
  const chunks = (await session.get(server.url)).body[Symbol.asyncIterator]()
  expect(String((await chunks.next()).value)).toBe('the beginning')
  for (let i = 0; i < 3; i++) {
    await expect(chunks.next()).rejects.toMatchObject({ code: 'TIMEOUT', phase: 'body' })
  }
})

test('HttpResponse.text is cancelled also when the body has arrived, its connection kept', async () => {
  await using server = await large(10)
  await using session = new HttpSession()
  const scope = new CancelScope()
  const text = await scope.run(async () => {
    const response = await session.get(server.url)
    scope.cancel()
    return response.text()
  })
  expect(text).toBeUndefined()
  expect(scope.cancelledCaught).toBe(true)
  expect(session.connections).toBe(1)
})
