import {
  brotliCompressSync,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { decodeBody } from '../../src/fetch/decode-body.ts'

async function* body(bytes: Uint8Array, size = 7): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function decode(
  chunks: AsyncIterable<Uint8Array>,
  coding?: string,
  maxBytes = 1_000_000,
): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const chunk of decodeBody(chunks, coding, { maxBytes })) parts.push(chunk)
  return Buffer.concat(parts).toString()
}

const text = 'Grüße aus dem Gehege. '.repeat(500)
const packed = {
  gzip: gzipSync(text),
  'x-gzip': gzipSync(text),
  deflate: deflateSync(text),
  br: brotliCompressSync(text),
  zstd: zstdCompressSync(text),
}

describe('decodeBody', () => {
  test.each(Object.entries(packed))('undoes %s in pieces of any size', async (coding, bytes) => {
    expect(await decode(body(bytes, 1), coding)).toBe(text)
    expect(await decode(body(bytes, 1000), coding.toUpperCase())).toBe(text)
  })

  test('undoes deflate without its header, as some servers send it', async () => {
    expect(await decode(body(deflateRawSync(text)), 'deflate')).toBe(text)
  })

  test('passes a body through that has no coding', async () => {
    expect(await decode(body(Buffer.from(text)))).toBe(text)
    expect(await decode(body(Buffer.from(text)), 'identity')).toBe(text)
  })

  test('undoes two codings in reverse order and refuses a longer chain', async () => {
    const twice = brotliCompressSync(gzipSync(text))
    expect(await decode(body(twice), 'gzip, br')).toBe(text)
    await expect(decode(body(twice), 'gzip, gzip, gzip')).rejects.toMatchObject({
      code: 'CODING_UNKNOWN',
    })
  })

  test('takes an empty body for empty, whatever its coding', async () => {
    expect(await decode(body(new Uint8Array()), 'gzip')).toBe('')
  })

  test('reads several gzip members as one body and ignores zeros after the last', async () => {
    const members = Buffer.concat([gzipSync('one '), gzipSync('two')])
    expect(await decode(body(members, 3), 'gzip')).toBe('one two')
    const trailing = Buffer.concat([gzipSync('one'), Buffer.alloc(5000)])
    for (const size of [1, 9, gzipSync('one').length]) {
      expect(await decode(body(trailing, size), 'gzip')).toBe('one')
    }
    expect(await decode(body(trailing, 100_000), 'gzip')).toBe('one')
  })

  test.each(Object.entries(packed))('reports %s that is cut short', async (coding, bytes) => {
    await expect(decode(body(bytes.subarray(0, -9)), coding)).rejects.toMatchObject({
      name: 'BodyError',
      code: 'BODY_UNDECODABLE',
    })
  })

  test.each(Object.keys(packed))('reports a body that is no %s', async (coding) => {
    const noise = Uint8Array.from({ length: 5000 }, (_, index) => (index * 131 + 7) % 251)
    await expect(decode(body(noise), coding)).rejects.toMatchObject({ code: 'BODY_UNDECODABLE' })
  })

  test('reports a coding it does not know', async () => {
    await expect(decode(body(Buffer.from(text)), 'compress')).rejects.toMatchObject({
      code: 'CODING_UNKNOWN',
      message: 'content coding "compress" is not known',
    })
  })

  test('stops at the limit of bytes over the wire', async () => {
    let taken = 0
    let ended = false
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          taken += 1000
          yield new Uint8Array(1000)
        }
      } finally {
        ended = true
      }
    }
    await expect(decode(endless(), undefined, 10_500)).rejects.toMatchObject({
      code: 'BODY_TOO_LARGE',
    })
    expect(taken).toBe(11_000)
    expect(ended).toBe(true)
  })

  test.each([
    ['gzip', gzipSync(Buffer.alloc(300_000_000))],
    ['br', brotliCompressSync(Buffer.alloc(300_000_000), { params: { 1: 1 } })],
    ['zstd', zstdCompressSync(Buffer.alloc(300_000_000))],
  ])('stops a %s bomb at the limit, memory bounded', async (coding, bomb) => {
    const before = process.memoryUsage().rss
    const run = decode(body(bomb, 16_384), coding, 1_000_000)
    await expect(run).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' })
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000)
  })

  test('ends the body when its reader leaves early', async () => {
    let ended = false
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield gzipSync(text)
      } finally {
        ended = true
      }
    }
    for await (const chunk of decodeBody(source(), 'gzip', { maxBytes: 1e9 })) {
      expect(chunk.length).toBeGreaterThan(0)
      break
    }
    expect(ended).toBe(true)
  })

  test('passes on what the body itself throws', async () => {
    const broken = new Error('socket hang up')
    async function* source(): AsyncGenerator<Uint8Array> {
      yield packed.gzip.subarray(0, 20)
      throw broken
    }
    await expect(decode(source(), 'gzip')).rejects.toBe(broken)
  })
})
