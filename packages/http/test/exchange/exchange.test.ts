import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { HttpError, HttpSession } from '../../src/index.ts'
import type { HttpSessionOptions } from '../../src/index.ts'
import { raw, TestServer } from '../server.ts'

async function ask(
  onData: (socket: Socket) => void,
  options: HttpSessionOptions = {},
): Promise<unknown> {
  await using server = await TestServer.tcp((socket) => {
    socket.on('data', () => onData(socket))
  })
  await using session = new HttpSession({ headersTimeout: 2000, bodyTimeout: 2000, ...options })
  try {
    return await (await session.get(server.url)).text()
  } catch (error) {
    expect(session.connections).toBe(0)
    return error
  }
}

test.each<[string, string, string, string]>([
  ['no HTTP', 'SSH-2.0-OpenSSH_9.9\r\n', 'PROTOCOL', 'headers'],
  ['HTTP/2 unasked', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'PROTOCOL', 'headers'],
  ['a status that is no number', raw('HTTP/1.1 abc OK'), 'PROTOCOL', 'headers'],
  ['a header without a name', raw('HTTP/1.1 200 OK\n: x'), 'PROTOCOL', 'headers'],
  [
    'two lengths',
    raw('HTTP/1.1 200 OK\nContent-Length: 1\nContent-Length: 2', 'x'),
    'PROTOCOL',
    'headers',
  ],
  ['a length below 0', raw('HTTP/1.1 200 OK\nContent-Length: -1'), 'PROTOCOL', 'headers'],
  [
    'a length and chunks',
    raw('HTTP/1.1 200 OK\nContent-Length: 3\nTransfer-Encoding: chunked', '0\r\n\r\n'),
    'PROTOCOL',
    'headers',
  ],
  [
    'a chunk without a size',
    raw('HTTP/1.1 200 OK\nTransfer-Encoding: chunked', 'zz\r\n'),
    'PROTOCOL',
    'body',
  ],
  [
    'an upgrade unasked',
    raw('HTTP/1.1 101 Switching Protocols\nUpgrade: x\nConnection: upgrade'),
    'RESET',
    'headers',
  ],
  [
    'a flood of headers',
    raw(`HTTP/1.1 200 OK\n${'x-flood: 0123456789\n'.repeat(5000)}`),
    'TOO_LARGE',
    'headers',
  ],
  ['one endless header', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}`, 'TOO_LARGE', 'headers'],
])('an answer with %s is an HttpError', async (_what, answer, code, phase) => {
  const error = await ask((socket) => socket.write(answer))
  expect(error).toBeInstanceOf(HttpError)
  expect(error).toMatchObject({ code, phase })
  expect((error as Error).cause).toBeInstanceOf(Error)
})

test.each<[string, (socket: Socket) => void, string]>([
  ['before the answer', (socket) => socket.destroy(), 'headers'],
  ['by a reset', (socket) => socket.resetAndDestroy(), 'headers'],
  ['within the headers', (socket) => socket.end('HTTP/1.1 200 OK\r\nx-a: b'), 'headers'],
  [
    'within the body',
    (socket) => socket.end(raw('HTTP/1.1 200 OK\nContent-Length: 9', 'x')),
    'body',
  ],
  [
    'within a chunk of the last answer',
    (socket) =>
      socket.end(raw('HTTP/1.1 200 OK\nConnection: close\nTransfer-Encoding: chunked', '9\r\nx')),
    'body',
  ],
  [
    'within a chunk',
    (socket) => socket.end(raw('HTTP/1.1 200 OK\nTransfer-Encoding: chunked', '9\r\nx')),
    'body',
  ],
])('a connection that breaks %s is a RESET', async (_when, act, phase) => {
  const error = await ask(act)
  expect(error).toBeInstanceOf(HttpError)
  expect(error).toMatchObject({ code: 'RESET', phase })
})

test('a body that is longer than it says ends where it says, its connection closed', async () => {
  const text = await ask((socket) =>
    socket.write(raw('HTTP/1.1 200 OK\nContent-Length: 4', 'bodygarbage')),
  )
  expect(text).toBe('body')
})

test('maxHeaderBytes may be raised', async () => {
  const flood = raw(
    `HTTP/1.1 200 OK\n${'x-flood: 0123456789\n'.repeat(5000)}Content-Length: 2`,
    'ok',
  )
  expect(await ask((socket) => socket.write(flood), { maxHeaderBytes: 1_000_000 })).toBe('ok')
})

test('100 000 interim answers hold up nothing but their own request', async () => {
  const error = await ask(
    (socket) => {
      const more = (): void => {
        while (socket.writable && socket.write(raw('HTTP/1.1 102 Processing').repeat(100))) continue
      }
      socket.on('drain', more)
      more()
    },
    { headersTimeout: 100 },
  )
  expect(error).toMatchObject({ limit: 'headersTimeout', phase: 'headers' })
})

test('a body of 60 000 chunks of one byte is put together', async () => {
  const answer = raw(
    'HTTP/1.1 200 OK\nTransfer-Encoding: chunked',
    `${'1\r\nx\r\n'.repeat(60_000)}0\r\n\r\n`,
  )
  expect(await ask((socket) => socket.write(answer))).toBe('x'.repeat(60_000))
})

test('an error tells where in the program it was waited for', async () => {
  await using server = await TestServer.tcp((socket) => socket.destroy())
  await using session = new HttpSession()
  async function theCaller(): Promise<unknown> {
    return await session.get(server.url)
  }
  const error = await theCaller().catch((error: unknown) => error)
  expect((error as Error).stack).toContain('theCaller')
})
