import { describe, expect, test } from 'vitest'
import type { IncomingHttpHeaders } from 'node:http'
import { leniencies } from '../../src/leniency.ts'
import type { Leniency } from '../../src/leniency.ts'
import { LenientReader } from '../../src/lenient/lenient-reader.ts'
import type { LenientReaderOptions } from '../../src/lenient/lenient-reader.ts'
import { ResponseSyntaxError } from '../../src/lenient/response-syntax-error.ts'

interface Read {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly whole: boolean
  readonly tolerated: readonly Leniency[]
}

/** Reads bytes that come in pieces of one size, and then no more. */
function read(
  text: string,
  size = 1,
  {
    tolerate = leniencies,
    isHead = false,
    maxHeaderBytes = 1000,
  }: Partial<LenientReaderOptions> = {},
): Read {
  const bytes = Buffer.from(text, 'latin1')
  const reader = new LenientReader({ tolerate, isHead, maxHeaderBytes })
  let status: number | undefined
  let headers: IncomingHttpHeaders = {}
  let body = ''
  let ends = 0
  for (let at = 0; at < bytes.length; at += size) {
    for (const event of reader.feed(bytes.subarray(at, at + size))) {
      if (event.kind === 'head') ({ status, headers } = event.head)
      else if (event.kind === 'data') body += event.chunk.toString('latin1')
      else ends++
    }
  }
  const whole = ends === 1 || reader.finish()
  return { status, headers: { ...headers }, body, whole, tolerated: [...reader.tolerated] }
}

const ok = 'HTTP/1.1 200 OK\r\n'
const sizes = [1, 2, 3, 7, 10_000]

describe('LenientReader', () => {
  test.each<[string, string, Partial<Read>]>([
    ['a right answer', `${ok}content-length: 2\r\n\r\nhi`, { body: 'hi', tolerated: [] }],
    [
      'one that ends with the connection',
      `${ok}\r\nhi\r\n\r\n`,
      { body: 'hi\r\n\r\n', tolerated: [] },
    ],
    [
      'LF alone',
      'HTTP/1.1 200 OK\na: b\n\nhi',
      { body: 'hi', headers: { a: 'b' }, tolerated: ['bare-lf'] },
    ],
    ['LF alone at last', `${ok}a: b\n\r\nhi`, { headers: { a: 'b' }, tolerated: ['bare-lf'] }],
    [
      'a folded header',
      `${ok}a: b;\r\n \t c\r\nd: e\r\n\r\n`,
      { headers: { a: 'b; c', d: 'e' }, tolerated: ['folded-headers'] },
    ],
    ['a fold of nothing', `${ok} a: b\r\n\r\n`, { headers: {}, tolerated: ['folded-headers'] }],
    [
      'a blank in a name',
      `${ok}X Frame: deny\r\na: b\r\n\r\n`,
      { headers: { a: 'b' }, tolerated: ['odd-headers'] },
    ],
    [
      'a blank before the colon',
      `${ok}A : b\r\n\r\n`,
      { headers: { a: 'b' }, tolerated: ['odd-headers'] },
    ],
    [
      'no colon, no name',
      `${ok}nonsense\r\n: x\r\na: b\r\n\r\n`,
      { headers: { a: 'b' }, tolerated: ['odd-headers'] },
    ],
    [
      'control bytes',
      `${ok}a: b\x01\x02c\x7f\r\n\r\n`,
      { headers: { a: 'b  c' }, tolerated: ['odd-headers'] },
    ],
    [
      'bytes beyond ASCII',
      `${ok}location: /\xc3\xa9\xe9\x85\r\n\r\n`,
      { headers: { location: '/\xc3\xa9\xe9\x85' }, tolerated: [] },
    ],
    [
      'one length twice',
      `${ok}content-length: 2\r\nContent-Length: 2\r\n\r\nhi!`,
      { body: 'hi', headers: { 'content-length': '2' }, tolerated: ['equal-lengths'] },
    ],
    [
      'one length as a list',
      `${ok}content-length: 2, 2\r\n\r\nhi`,
      { body: 'hi', tolerated: ['equal-lengths'] },
    ],
    [
      'a length that is none',
      `${ok}content-length: +2\r\n\r\nhi!`,
      { body: 'hi!', tolerated: ['odd-headers'] },
    ],
    [
      'chunks',
      `${ok}transfer-encoding: chunked\r\n\r\n2\r\nhi\r\n1;ext=1\r\n!\r\n0\r\nx: y\r\n\r\n`,
      { body: 'hi!', tolerated: [] },
    ],
    [
      'chunks with blanks',
      `${ok}transfer-encoding: chunked\r\n\r\n 2  \r\nhi\r\n0\r\n\r\n`,
      { body: 'hi', tolerated: ['odd-chunks'] },
    ],
    [
      'chunks with LF alone',
      `${ok}transfer-encoding: chunked\r\n\r\n2\nhi\n0\n\n`,
      { body: 'hi', tolerated: ['odd-chunks'] },
    ],
    [
      'chunks without the last line',
      `${ok}transfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n`,
      { body: 'hi', tolerated: [] },
    ],
    [
      'chunks beside a length',
      `${ok}transfer-encoding: chunked\r\ncontent-length: 9\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
      { body: 'hi', tolerated: ['identity'] },
    ],
    [
      'identity',
      `${ok}transfer-encoding: identity\r\ncontent-length: 2\r\n\r\nhi`,
      { body: 'hi', tolerated: ['identity'] },
    ],
    [
      'what is on its way',
      `HTTP/1.1 103 Early\r\nlink: x\r\n\r\n${ok}a: b\r\n\r\n`,
      { status: 200, headers: { a: 'b' } },
    ],
    ['no reason', 'HTTP/1.1 404\r\n\r\n', { status: 404, tolerated: [] }],
    ['another version', 'HTTP/2 200\r\n\r\n', { status: 200 }],
    ['empty lines before', `\r\n\n${ok}\r\nhi`, { status: 200, body: 'hi' }],
    [
      'no body by its status',
      'HTTP/1.1 304 N\r\ncontent-length: 9\r\n\r\n',
      { status: 304, body: '' },
    ],
    [
      'values of one name',
      `${ok}a: 1\r\nA: 2\r\na: 3\r\n\r\n`,
      { headers: { a: ['1', '2', '3'] } },
    ],
    [
      'names of objects',
      `${ok}__proto__: 1\r\nconstructor: 2\r\n\r\n`,
      { headers: JSON.parse('{"__proto__":"1","constructor":"2"}') as never },
    ],
  ])('reads %s, wherever it is cut into pieces', (_what, text, expected) => {
    for (const size of sizes) {
      const { tolerated = [], ...rest } = expected
      const given = read(text, size)
      expect(given).toMatchObject({ status: 200, whole: true, ...rest })
      expect(given.tolerated).toEqual(tolerated)
    }
  })

  test('reads no body after HEAD', () => {
    const text = `${ok}content-length: 5\r\n\r\n`
    expect(read(text, 3, { isHead: true })).toMatchObject({ whole: true, body: '' })
  })

  test.each([
    ['no status line', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['a zero byte', `${ok}a: b\0c\r\n\r\n`],
    ['no number as status', 'HTTP/1.1 abc\r\n\r\n'],
    ['two lengths', `${ok}content-length: 2\r\ncontent-length: 3\r\n\r\n`],
    [
      'a chunk that is longer than its size',
      `${ok}transfer-encoding: chunked\r\n\r\n2\r\nhi!\r\n0\r\n\r\n`,
    ],
    ['a chunk size that is none', `${ok}transfer-encoding: chunked\r\n\r\nxyz\r\n`],
    ['a chunk size beyond all numbers', `${ok}transfer-encoding: chunked\r\n\r\nfffffffffffff\r\n`],
  ])('refuses %s', (_what, text) => {
    for (const size of sizes) expect(() => read(text, size)).toThrow(ResponseSyntaxError)
  })

  test.each([
    ['a head', 'HTTP/1.1 200 OK\r\na: '],
    ['a line', `${ok}transfer-encoding: chunked\r\n\r\n`],
  ])('refuses %s without end', (_what, start) => {
    expect(() => read(start + 'x'.repeat(5000), 100)).toThrow(
      'the head of the response is too large',
    )
  })

  test.each([
    ['the head', ok],
    ['the body', `${ok}content-length: 3\r\n\r\nhi`],
    ['a chunk', `${ok}transfer-encoding: chunked\r\n\r\n3\r\nhi`],
    ['the chunks', `${ok}transfer-encoding: chunked\r\n\r\n2\r\nhi\r\n`],
  ])('says that it is not whole when %s is cut off', (_what, text) => {
    for (const size of sizes) expect(read(text, size).whole).toBe(false)
  })

  test('puts up with nothing that it was not told to', () => {
    const odd: Partial<Record<Leniency, string>> = {
      'bare-lf': 'HTTP/1.1 200 OK\n\n',
      'folded-headers': `${ok}a: b\r\n c\r\n\r\n`,
      'odd-headers': `${ok}a b: c\r\n\r\n`,
      'equal-lengths': `${ok}content-length: 0\r\ncontent-length: 0\r\n\r\n`,
      'odd-chunks': `${ok}transfer-encoding: chunked\r\n\r\n0 \r\n\r\n`,
      identity: `${ok}transfer-encoding: identity\r\n\r\n`,
    }
    for (const [name, text] of Object.entries(odd)) {
      expect(read(text, 7, { tolerate: [name as Leniency] }).tolerated).toEqual([name])
      const others = leniencies.filter((each) => each !== name)
      expect(() => read(text, 7, { tolerate: others })).toThrow(name)
    }
  })
})
