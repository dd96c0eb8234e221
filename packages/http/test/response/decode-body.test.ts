import { Transform } from 'node:stream'
import {
  brotliCompressSync,
  constants,
  createZstdCompress,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib'
import { MisuseError, now, timeout } from 'corral'
import { testRun } from 'corral/testing'
import { describe, expect, test } from 'vitest'
import { decodeBody, HttpError, HttpSession } from '../../src/index.ts'
import { DecodedSource } from '../../src/response/decoded-source.ts'
import { GunzippedSource } from '../../src/response/gunzipped-source.ts'
import { TestServer } from '../server.ts'

const text = 'a small text, a small text'
const codings = [
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
] as const

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    await Promise.resolve()
    yield bytes.subarray(at, at + size)
  }
}

/** What it decodes to, or the code of its failure, and what is odd. */
async function decoded(
  coding: string,
  bytes: Uint8Array,
  size = 7,
  tolerateCut = true,
): Promise<string> {
  let read = ''
  let odd = ''
  const onOddity = (what: string): string => (odd = `; ${what}`)
  try {
    for await (const chunk of decodeBody(pieces(bytes, size), coding, { onOddity, tolerateCut })) {
      read += String(Buffer.from(chunk))
    }
    return read + odd
  } catch (error) {
    return (error as HttpError).code
  }
}

const sizes = [1, 2, 3, 8, 13, 100_000]

describe.each(codings)('decodeBody of %s', (coding, compress) => {
  const packed = compress(Buffer.from(text))

  test('ends wherever it is cut', async () => {
    for (let end = 0; end < packed.length; end++) {
      for (const size of sizes) {
        const given = await timeout(5000, () => decoded(coding, packed.subarray(0, end), size))
        const isWhole = coding === 'gzip' && end >= packed.length - 8
        if (end === 0) expect(given).toBe('')
        else if (isWhole) expect(given).toBe(`${text}; the gzip data lacks its checksum`)
        else if (given !== 'UNDECODABLE') {
          const [start = ''] = given.split('; ')
          expect(text.startsWith(start) && start !== '', `${end} in ${size}: ${given}`).toBe(true)
          expect(given).toBe(`${start}; the ${coding} data is cut off`)
        }
      }
    }
  })

  test('gives the start of what is cut off', async () => {
    const long = Array.from({ length: 30_000 }, (_, n) => `line ${n * n}`).join('\n')
    const whole = compress(Buffer.from(long))
    const given = await decoded(coding, whole.subarray(0, whole.length - 100), 1000)
    const start = given.slice(0, given.lastIndexOf('; '))
    expect(long.startsWith(start)).toBe(true)
    expect(start.length).toBeGreaterThan(long.length / 3)
    expect(given.endsWith(`; the ${coding} data is cut off`)).toBe(true)
    // Who has not asked for it gets nothing that is not whole.
    expect(await decoded(coding, whole.subarray(0, whole.length - 100), 1000, false)).toBe(
      'UNDECODABLE',
    )
  })

  test.each([
    ['one byte', '\0'],
    ['zeros', '\0'.repeat(512)],
    ['blanks', '\n \n\n'],
    ['a remark', '<!-- cached by somebody -->'],
  ])('leaves out %s behind it', async (_what, rest) => {
    for (const size of sizes) {
      const bytes = Buffer.concat([packed, Buffer.from(rest)])
      const given = await timeout(5000, () => decoded(coding, bytes, size))
      // zstd has frames of its own, and takes what follows for a broken one.
      const right = coding === 'zstd' ? [text, 'UNDECODABLE'] : [text]
      expect(right).toContain(given.split('; ')[0])
    }
  })

  test('ends whichever byte is another one', async () => {
    for (let at = 0; at < packed.length; at++) {
      const bytes = Buffer.from(packed)
      bytes[at] = ~(bytes[at] ?? 0)
      const given = await timeout(5000, () => decoded(coding, bytes))
      expect(typeof given).toBe('string')
    }
  })
})

describe('decodeBody of gzip', () => {
  const bytesOf = (flags: number, ...fields: (string | Uint8Array)[]): Buffer => {
    const packed = Buffer.from(gzipSync(text))
    packed[3] = flags
    const parts = fields.map((each) => Buffer.from(each as string))
    return Buffer.concat([packed.subarray(0, 10), ...parts, packed.subarray(10)])
  }
  const members = Buffer.concat([gzipSync('a'), gzipSync(''), gzipSync('b'.repeat(100_000))])

  test.each([
    ['a name', bytesOf(0x08, 'file.xml\0')],
    ['a comment', bytesOf(0x10, 'a comment\0')],
    ['extra fields', bytesOf(0x04, Uint8Array.of(3, 0, 1, 2, 3))],
    ['a checksum of the header', bytesOf(0x02, Uint8Array.of(1, 2))],
    ['all of them', bytesOf(0x1f, Uint8Array.of(1, 0, 9), 'n\0', 'c\0', Uint8Array.of(1, 2))],
  ])('skips %s', async (_what, bytes) => {
    for (const size of sizes) expect(await decoded('gzip', bytes, size)).toBe(text)
  })

  test('reads one member after the other', async () => {
    for (const size of sizes) {
      expect(await decoded('gzip', members, size)).toBe(`a${'b'.repeat(100_000)}`)
    }
  })

  test('ends wherever several members are cut', async () => {
    for (let end = 1; end < members.length; end++) {
      const given = await timeout(5000, () => decoded('gzip', members.subarray(0, end), 11))
      expect(given === 'UNDECODABLE' || given.startsWith('a'), `${end}: ${given}`).toBe(true)
    }
  })

  test.each([
    ['checksum', 8],
    ['size', 4],
  ])('refuses another %s', async (_what, fromEnd) => {
    const bytes = Buffer.from(gzipSync(text))
    bytes[bytes.length - fromEnd] = (bytes[bytes.length - fromEnd] ?? 0) ^ 1
    expect(await decoded('gzip', bytes)).toBe('UNDECODABLE')
  })

  test.each([
    ['compress', 'x'],
    ['gzip, gzip, gzip', 'x'],
  ])('refuses %s', (coding, body) => {
    expect(() => decodeBody(pieces(Buffer.from(body), 1), coding)).toThrow(HttpError)
  })

  test('refuses a timeout that is none', () => {
    expect(() => decodeBody(pieces(members, 1), 'gzip', { bodyTimeout: -1 })).toThrow(MisuseError)
  })
})

test('HttpResponse tells what is odd about its body', async () => {
  await using server = await TestServer.http((_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' })
    response.end(Buffer.concat([gzipSync('inside'), Buffer.from('\0\0')]))
  })
  await using session = new HttpSession()
  const response = await session.get(server.url)
  expect(await response.text()).toBe('inside')
  expect(response.bodyNote).toBe('2 bytes behind the gzip data')
})

/** A decoder that takes what it gets and never says anything. */
const silent = (): Transform => new Transform({ transform: () => {} })

describe.each([
  ['gzip', GunzippedSource],
  [
    'br',
    class extends DecodedSource {
      constructor(
        source: ConstructorParameters<typeof GunzippedSource>[0],
        options: ConstructorParameters<typeof GunzippedSource>[1],
      ) {
        super(source, 'br', options)
      }
    },
  ],
] as const)('a decoder of %s that never calls back', (_coding, Source) => {
  const source = {
    over: false,
    closed: 0,
    read: () => Promise.resolve(gzipSync('x')),
    close() {
      this.closed++
      return Promise.resolve()
    },
  }
  const undecodable = (cause: Error): Error => cause

  test('is waited for no longer than its patience', () =>
    testRun(async () => {
      const decoder = new Source(source, { patience: 30_000, undecodable, createDecoder: silent })
      await expect(decoder.read()).rejects.toThrow(/said nothing for 30000 ms/)
      expect(source.closed).toBeGreaterThan(0)
    }))

  test('is given up at once when cancelled', () =>
    testRun(async () => {
      const decoder = new Source(source, { patience: Infinity, undecodable, createDecoder: silent })
      await expect(timeout(10, () => decoder.read())).rejects.toMatchObject({ code: 'TIMEOUT' })
    }))
})

describe('decodeBody of bytes that never come', () => {
  const start = gzipSync(text).subarray(0, 12)

  test.each([
    ['nothing', []],
    ['a part', [start]],
  ])('gives up when cancelled after %s, also when they never end', (_what, given) =>
    testRun(async () => {
      let ended = 0
      const body: AsyncIterable<Uint8Array> = {
        [Symbol.asyncIterator]() {
          const left = [...given]
          const never = new Promise<never>(() => {})
          return {
            next: () => {
              const value = left.shift()
              return value === undefined ? never : Promise.resolve({ done: false, value })
            },
            return: () => {
              ended++
              return never
            },
          }
        },
      }
      const reading = async (): Promise<void> => {
        for await (const chunk of decodeBody(body, 'gzip')) expect(chunk).toBeDefined()
      }
      const before = now()
      await expect(timeout(1000, reading)).rejects.toMatchObject({ code: 'TIMEOUT' })
      expect(now() - before).toBe(1500)
      expect(ended).toBe(1)
    }),
  )
})

test.each([
  [23, 'ends'],
  [24, 'UNDECODABLE'],
  [27, 'UNDECODABLE'],
])('decodeBody of zstd with a window of 2^%i bytes: %s', async (windowLog, expected) => {
  const packer = createZstdCompress({ params: { [constants.ZSTD_c_windowLog]: windowLog } })
  packer.write('ends')
  packer.flush(() => packer.end())
  const parts: Uint8Array[] = []
  for await (const part of packer) parts.push(part as Uint8Array)
  expect(await decoded('zstd', Buffer.concat(parts))).toBe(expected)
})
