import { deflateSync, gzipSync, brotliCompressSync, zstdCompressSync } from 'node:zlib'
import {
  answer,
  byPath,
  endless,
  html,
  links,
  raw,
  reset,
  silent,
  type HostileCase,
} from './hostile-case.ts'

const ok = 'HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n'
const zeros = Buffer.alloc(32 * 1024 * 1024)

function packed(coding: string, body: Uint8Array): HostileCase['serve'] {
  return answer(`200 OK\r\ncontent-type: text/html\r\ncontent-encoding: ${coding}`, body)
}

function one(...outcome: readonly string[]): Pick<HostileCase, 'outcome'> {
  return { outcome }
}

/** Slow, endless, packed, broken: what comes over the wire. */
export const hostileTransport: readonly HostileCase[] = [
  { name: 'never-answers', serve: silent(), ...one('error timeout TIMEOUT /') },
  {
    name: 'slow-head',
    serve: endless('HTTP/1.1 200 OK\r\nx: ', 'a', 40),
    ...one('error timeout TIMEOUT /'),
  },
  { name: 'slow-body', serve: endless(`${ok}\r\n`, '<p>', 40), ...one('error timeout TIMEOUT /') },
  {
    name: 'body-stops',
    serve: silent(`${ok}content-length: 100\r\n\r\n<p>`),
    ...one('error timeout TIMEOUT /'),
  },
  {
    name: 'endless-body',
    serve: endless(`${ok}\r\n`, 'x'.repeat(60_000)),
    ...one('error body TOO_LARGE /'),
  },
  {
    name: 'endless-chunks',
    serve: endless(
      `${ok}transfer-encoding: chunked\r\n\r\n`,
      `80\r\n${'x'.repeat(128)}\r\n`.repeat(500),
    ),
    ...one('error body TOO_LARGE /'),
  },
  {
    name: 'endless-chunk-extension',
    serve: endless(`${ok}transfer-encoding: chunked\r\n\r\n1;`, 'x'.repeat(60_000)),
    ...one('error timeout TIMEOUT /'),
  },
  {
    name: 'endless-trailers',
    serve: endless(`${ok}transfer-encoding: chunked\r\n\r\n0\r\n`, 'a: b\r\n'.repeat(5000)),
    ...one('error body TOO_LARGE /'),
  },
  {
    name: 'endless-head',
    serve: endless('HTTP/1.1 200 OK\r\n', 'a: b\r\n'.repeat(1000)),
    ...one('error body TOO_LARGE /'),
  },
  {
    name: 'endless-header',
    serve: endless('HTTP/1.1 200 OK\r\nx: ', 'a'.repeat(60_000)),
    ...one('error body TOO_LARGE /'),
  },
  {
    name: 'endless-reason',
    serve: endless('HTTP/1.1 200 ', 'a'.repeat(60_000)),
    ...one('error timeout TIMEOUT /'),
  },
  {
    name: 'endless-continue',
    serve: endless('', 'HTTP/1.1 100 Continue\r\n\r\n', 5),
    ...one('error protocol PROTOCOL /'),
  },
  {
    name: 'huge-length',
    serve: endless(`${ok}content-length: 1152921504606846975\r\n\r\n`, 'x'.repeat(60_000)),
    ...one('error body TOO_LARGE /'),
  },

  { name: 'bomb-gzip', serve: packed('gzip', gzipSync(zeros)), ...one('error body TOO_LARGE /') },
  {
    name: 'bomb-deflate',
    serve: packed('deflate', deflateSync(zeros)),
    ...one('error body TOO_LARGE /'),
  },
  {
    name: 'bomb-br',
    serve: packed('br', brotliCompressSync(zeros)),
    ...one('error body TOO_LARGE /'),
  },
  {
    name: 'bomb-zstd',
    serve: packed('zstd', zstdCompressSync(zeros)),
    ...one('error body TOO_LARGE /'),
  },
  {
    name: 'bomb-twice',
    serve: packed('gzip, gzip', gzipSync(gzipSync(zeros))),
    ...one('error body TOO_LARGE /'),
  },
  {
    name: 'packed-hundredfold',
    serve: packed(Array(100).fill('gzip').join(','), gzipSync('x')),
    ...one('error body UNDECODABLE /'),
  },
  {
    name: 'packed-not',
    serve: packed('gzip', Buffer.from('<p>plain')),
    ...one('error body UNDECODABLE /'),
  },
  {
    name: 'packed-unknown',
    serve: packed('rot13', Buffer.from('<p>plain')),
    ...one('page 200 / # content coding "rot13" is not known'),
  },
  {
    name: 'packed-cut',
    serve: packed('gzip', gzipSync('<p>'.repeat(1000)).subarray(0, 20)),
    ...one('error body UNDECODABLE /'),
  },
  {
    name: 'packed-cut-zstd',
    serve: packed('zstd', zstdCompressSync(Buffer.alloc(100_000, 'ab')).subarray(0, 12)),
    ...one('error body UNDECODABLE /'),
  },

  {
    name: 'length-too-long',
    serve: raw(`${ok}content-length: 5000\r\n\r\n<title>Short`),
    ...one('error network UND_ERR_SOCKET /'),
  },
  {
    name: 'length-too-short',
    serve: raw(`${ok}content-length: 16\r\n\r\n<title>S</title><a href=/never>`),
    ...one('page 200 /'),
  },
  {
    name: 'length-negative',
    serve: raw(`${ok}content-length: -1\r\n\r\n`),
    ...one('page 200 / # not quite HTTP: odd-headers'),
  },
  {
    name: 'length-two',
    serve: raw(`${ok}content-length: 1\r\ncontent-length: 2\r\n\r\nab`),
    ...one('error protocol PROTOCOL /'),
  },
  {
    name: 'length-and-chunks',
    serve: raw(`${ok}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`),
    ...one('page 200 / # not quite HTTP: identity'),
  },
  {
    name: 'chunk-size-wild',
    serve: raw(`${ok}transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\nx`),
    ...one('error protocol PROTOCOL /'),
  },
  {
    name: 'chunk-no-end',
    serve: raw(`${ok}transfer-encoding: chunked\r\n\r\n5\r\nab`),
    ...one('error network UND_ERR_SOCKET /'),
  },
  { name: 'ssh', serve: raw('SSH-2.0-OpenSSH_9.2\r\n'), ...one('error protocol PROTOCOL /') },
  { name: 'http-0.9', serve: raw('<html>plain old'), ...one('error protocol PROTOCOL /') },
  {
    name: 'http-2',
    serve: raw(Buffer.from('00000c04000000000000030000006400040000ffff', 'hex')),
    ...one('error protocol PROTOCOL /'),
  },
  {
    name: 'tls',
    serve: raw(Buffer.from('15030100020246', 'hex')),
    ...one('error protocol PROTOCOL /'),
  },
  {
    name: 'status-wild',
    serve: raw('HTTP/1.1 999 Odd\r\nconnection: close\r\n\r\n'),
    ...one('error http 999 /'),
  },
  { name: 'status-none', serve: raw('HTTP/1.1 OK\r\n\r\n'), ...one('error protocol PROTOCOL /') },
  {
    name: 'header-nul',
    serve: raw('HTTP/1.1 200 OK\r\nx: a\0b\r\n\r\n'),
    ...one('error protocol PROTOCOL /'),
  },

  { name: 'reset-at-once', serve: reset(), ...one('error network ECONNRESET /') },
  {
    name: 'reset-in-head',
    serve: reset('HTTP/1.1 200 OK\r\ncontent-'),
    ...one('error network ECONNRESET /'),
  },
  {
    name: 'reset-in-body',
    serve: reset(`${ok}content-length: 1000\r\n\r\n<p>`),
    ...one('error network ECONNRESET /'),
  },
  {
    name: 'reset-in-chunk',
    serve: reset(`${ok}transfer-encoding: chunked\r\n\r\n5\r\nab`),
    ...one('error network ECONNRESET /'),
  },
  { name: 'closes-at-once', serve: raw(), ...one('error network UND_ERR_SOCKET /') },
  {
    name: 'closes-in-head',
    serve: raw('HTTP/1.1 200 OK\r\ncontent-'),
    ...one('error network UND_ERR_SOCKET /'),
  },

  {
    name: 'busy-for-ever',
    serve: answer('429 Too Many\r\nretry-after: 99999999'),
    ...one('error http 429 /'),
  },
  {
    name: 'busy-at-odd-times',
    serve: answer('503 No\r\nretry-after: yesterday, -5, \u00ff'),
    ...one('error http 503 /'),
  },
  {
    name: 'cookie-flood',
    serve: answer(
      `200 OK\r\n${'set-cookie: a=b\r\n'.repeat(1000)}content-type: text/html`,
      links('/x'),
    ),
    ...one('page 200 /', 'page 200 /x'),
  },

  {
    name: 'redirect-self',
    serve: answer('302 Found\r\nlocation: /'),
    ...one('error redirect REDIRECT_LOOP /'),
  },
  {
    name: 'redirect-circle',
    serve: byPath(
      { '/': answer('301 M\r\nlocation: /a'), '/a': answer('307 M\r\nlocation: /b') },
      answer('308 M\r\nlocation: /'),
    ),
    ...one('page 301 /', 'page 307 /a', 'error redirect REDIRECT_LOOP /b'),
  },
  {
    name: 'redirect-chain',
    serve: (socket, path) =>
      answer(`302 F\r\nlocation: /${Number(path.slice(1)) + 1}`)(socket, path),
    outcome: (rows) => {
      if (rows.length !== 11 || !rows.includes('error redirect TOO_MANY_REDIRECTS /10')) {
        throw new Error(rows.join('\n'))
      }
    },
  },
  {
    name: 'redirect-inside',
    serve: answer('302 F\r\nlocation: http://169.254.169.254/latest/meta-data/'),
    ...one('page 302 /'),
  },
  {
    name: 'redirect-to-file',
    serve: answer('302 F\r\nlocation: file:///etc/passwd'),
    ...one('error redirect REDIRECT_INVALID /'),
  },
  {
    name: 'redirect-to-script',
    serve: answer('302 F\r\nlocation: javascript:alert(1)'),
    ...one('error redirect REDIRECT_INVALID /'),
  },
  {
    name: 'redirect-empty',
    serve: answer('302 F\r\nlocation: '),
    ...one('page 302 /'),
  },
  {
    name: 'redirect-nowhere',
    serve: answer('302 F', 'gone'),
    ...one('page 302 / # no HTML: body not read'),
  },
  {
    name: 'redirect-long',
    serve: answer(`302 F\r\nlocation: /${'x'.repeat(20_000)}`),
    ...one('error redirect REDIRECT_INVALID /'),
  },

  {
    name: 'name-inside',
    serve: html('secret'),
    address: () => '127.0.0.2',
    ...one('error address ADDRESS_REFUSED /'),
  },
  {
    name: 'name-moves-inside',
    serve: html(links('/secret')),
    address: (times) => (times <= 2 ? '127.0.0.1' : '10.0.0.1'),
    ...one('page 200 /', 'error address ADDRESS_REFUSED /secret'),
  },
  {
    name: 'name-unknown',
    serve: html(''),
    address: () =>
      Object.assign(new Error('getaddrinfo ENOTFOUND'), {
        code: 'ENOTFOUND',
        syscall: 'getaddrinfo',
      }),
    ...one('error dns ENOTFOUND /'),
  },
  {
    name: 'name-server-fails',
    serve: html(''),
    address: () =>
      Object.assign(new Error('getaddrinfo EAI_AGAIN'), {
        code: 'EAI_AGAIN',
        syscall: 'getaddrinfo',
      }),
    ...one('error dns EAI_AGAIN /'),
  },
]
