import { setTimeout as realSleep } from 'node:timers/promises'
import {
  brotliCompressSync,
  constants,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib'
import { CancelScope } from 'corral'
import { describe, expect, test } from 'vitest'
import { HttpError, HttpSession } from '../../src/index.ts'
import { TestServer } from '../server.ts'

const MB = 1024 * 1024
const brotli = (data: Uint8Array): Buffer =>
  brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })
const text = 'corral '.repeat(50_000)

const serve = (coding: string, body: Uint8Array): Promise<TestServer> =>
  TestServer.http((_request, response) => {
    response.writeHead(200, { 'content-encoding': coding })
    response.end(body)
  })

describe.each([
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotli],
  ['zstd', zstdCompressSync],
] as const)('a body in %s (%o)', (coding, compress) => {
  const packed = compress(Buffer.from(text))
  const bomb = compress(Buffer.alloc(64 * MB))

  test('is unpacked, and its connection kept', async () => {
    await using server = await serve(coding, packed)
    await using session = new HttpSession()
    expect(await (await session.get(server.url)).text()).toBe(text)
    expect(await (await session.get(server.url)).text()).toBe(text)
    expect(server.accepted).toBe(1)
  })

  test('is unpacked when it comes byte by byte', async () => {
    const small = compress(Buffer.from('a small text'))
    await using server = await TestServer.http(async (_request, response) => {
      response.writeHead(200, { 'content-encoding': coding })
      for (const byte of small) {
        response.write(Uint8Array.of(byte))
        await realSleep(0)
      }
      response.end()
    })
    await using session = new HttpSession()
    expect(await (await session.get(server.url)).text()).toBe('a small text')
  })

  test('stops at maxBytes however much it unpacks to', async () => {
    await using server = await serve(coding, bomb)
    await using session = new HttpSession({ maxBytes: 8 * MB })
    globalThis.gc?.()
    const before = process.memoryUsage().arrayBuffers
    const error = await (await session.get(server.url)).bytes().catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'TOO_LARGE' })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(24 * MB)
  })

  test('is unpacked no faster than it is read', async () => {
    await using server = await serve(coding, bomb)
    await using session = new HttpSession()
    const response = await session.get(server.url)
    const before = process.memoryUsage().arrayBuffers
    let most = 0
    let total = 0
    for await (const chunk of response.body) {
      total += chunk.length
      if (total % (4 * MB) === 0) await realSleep(1)
      most = Math.max(most, chunk.length)
    }
    expect(total).toBe(64 * MB)
    expect(most).toBeLessThan(MB)
    globalThis.gc?.()
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * MB)
  })

  test.each([
    ['cut short', packed.subarray(0, packed.length - 20)],
    ['something else', Buffer.from('this is not packed at all')],
  ])('that is %s is UNDECODABLE', async (_what, body) => {
    await using server = await serve(coding, body)
    await using session = new HttpSession()
    const error = await (await session.get(server.url)).text().catch((error: unknown) => error)
    expect(error).toBeInstanceOf(HttpError)
    expect(error).toMatchObject({ code: 'UNDECODABLE', phase: 'body' })
    expect((error as Error).cause).toBeInstanceOf(Error)
  })

  test('is taken as it is when it is not to be unpacked', async () => {
    await using server = await serve(coding, packed)
    await using session = new HttpSession({ decompress: false })
    const bytes = await (await session.get(server.url)).bytes()
    expect(Buffer.compare(Buffer.from(bytes), packed)).toBe(0)
  })

  test('is given up when its reader is cancelled', async () => {
    await using server = await TestServer.http((_request, response) => {
      response.writeHead(200, { 'content-encoding': coding })
      response.write(bomb) // and no end
    })
    await using session = new HttpSession()
    const scope = new CancelScope()
    await scope.run(async () => {
      const response = await session.get(server.url)
      for await (const _chunk of response.body) scope.cancel()
    })
    expect(scope.cancelledCaught).toBe(true)
    await server.until(() => server.sockets.size === 0)
    expect(session.connections).toBe(0)
  })
})

test('a body packed twice is unpacked twice', async () => {
  await using server = await serve('gzip, br', brotliCompressSync(gzipSync(text)))
  await using session = new HttpSession()
  expect(await (await session.get(server.url)).text()).toBe(text)
})

test.each(['gzip, gzip, gzip'])(
  'a body in %s is UNDECODABLE, its connection closed',
  async (coding) => {
    await using server = await TestServer.http((_request, response) => {
      response.writeHead(200, { 'content-encoding': coding })
      response.write('x') // and no end
    })
    await using session = new HttpSession()
    await expect((await session.get(server.url)).text()).rejects.toMatchObject({
      code: 'UNDECODABLE',
    })
    expect(session.connections).toBe(0)
  },
)

test('a coding without a body is no body', async () => {
  await using server = await serve('gzip', new Uint8Array(0))
  await using session = new HttpSession()
  expect(await (await session.get(server.url)).text()).toBe('')
})

test('identity is no coding', async () => {
  await using server = await serve('identity', Buffer.from('as it is'))
  await using session = new HttpSession()
  expect(await (await session.get(server.url)).text()).toBe('as it is')
})

test('what follows a gzip body is no part of it', async () => {
  const body = Buffer.concat([gzipSync('inside'), Buffer.from('\0\0garbage'.repeat(1000))])
  await using server = await serve('gzip', body)
  await using session = new HttpSession()
  expect(await (await session.get(server.url)).text()).toBe('inside')
  expect(session.connections).toBe(1)
})

test.each(['utf-8', 'none', 'aws-chunked', 'compress', 'gzip, sdch'])(
  'a body in %s is taken as it is, with a note [Fetch 2.2.4]',
  async (coding) => {
    await using server = await serve(coding, Buffer.from(text))
    await using session = new HttpSession()
    const response = await session.get(server.url)
    expect(await response.text()).toBe(text)
    expect(response.bodyNote).toMatch(/^content coding "[a-z0-9-]+" is not known$/)
  },
)
