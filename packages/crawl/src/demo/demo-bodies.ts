import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { gzipSync } from 'node:zlib'
import { html, htmlType, send, type DemoCorner } from './demo-corner.ts'
import { demoHtml } from './demo-page.ts'

/** Corners whose body is packed, endless, broken, in another charset or no page at all. */
export const demoBodies: readonly DemoCorner[] = [
  {
    path: '/endless',
    links: [['/endless', 'A page without an end']],
    answer: (response) => pour(response.writeHead(200, html), endless()),
  },
  {
    path: '/huge',
    links: [['/huge', 'A file of a terabyte']],
    answer: (response) =>
      pour(response.writeHead(200, { ...html, 'content-length': 2 ** 40 }), endless()),
  },
  {
    path: '/gzip',
    links: [['/gzip', 'A packed page']],
    answer: (response) => {
      response.writeHead(200, { ...html, 'content-encoding': 'gzip' })
      response.end(
        gzipSync(demoHtml('Packed', 'Small on the wire.', [['/packed-link', 'Found inside']])),
      )
    },
  },
  {
    path: '/packed-link',
    links: [],
    answer: (response) =>
      send(response, 200, htmlType, demoHtml('Behind the packed page', 'Here.')),
  },
  {
    path: '/bomb',
    links: [['/bomb', 'A megabyte that unpacks to a gigabyte']],
    answer: (response) =>
      pour(response.writeHead(200, { ...html, 'content-encoding': 'gzip' }), bomb()),
  },
  {
    path: '/not-gzip',
    links: [['/not-gzip', 'A page that says it is packed']],
    answer: (response) => {
      response
        .writeHead(200, { ...html, 'content-encoding': 'gzip' })
        .end(demoHtml('Plain', 'Not packed.'))
    },
  },
  {
    path: '/latin1',
    links: [['/latin1', 'A page in Latin-1']],
    answer: (response) => {
      const page = Buffer.from('<title>Ranch caf\xe9</title><p>\xbfQu\xe9 tal?', 'latin1')
      send(response, 200, 'text/html; charset=iso-8859-1', page)
    },
  },
  {
    path: '/koi8',
    links: [['/koi8', 'A page in KOI8-R']],
    answer: (response) => {
      // "Привет" as KOI8-R has it.
      const title = Buffer.from([0xf0, 0xd2, 0xc9, 0xd7, 0xc5, 0xd4])
      const page = [Buffer.from('<meta charset=koi8-r><title>'), title, Buffer.from('</title>')]
      send(response, 200, 'text/html', Buffer.concat(page))
    },
  },
  {
    path: '/invalid-utf8',
    links: [['/invalid-utf8', 'A page that is no UTF-8']],
    answer: (response) => {
      const page = Buffer.from('<title>Half \xe9 letter</title><a href="/gzip">on</a>', 'latin1')
      send(response, 200, htmlType, page)
    },
  },
  {
    path: '/broken-html',
    links: [['/broken-html', 'Broken HTML']],
    answer: (response) => {
      const page =
        '<title>Broken &amp; bent</tilte></title><p <a href=/latin1 <b>x</i></b><a href="/koi8>' +
        `</a><table><a href='/gone'>gone<table></p></div>${'<b>'.repeat(1000)}<a href=/chapter/2/`
      send(response, 200, htmlType, page)
    },
  },
  {
    path: '/nested',
    links: [['/nested', 'A million nested tags']],
    answer: (response) => {
      response.writeHead(200, html)
      const deep = Buffer.from('<div>'.repeat(20_000))
      return pour(response, [
        Buffer.from('<title>Deep</title>'),
        ...Array.from({ length: 50 }, () => deep),
      ])
    },
  },
  {
    path: '/picture.png',
    links: [['/picture.png', 'A picture']],
    answer: (response) => send(response, 200, 'image/png', Buffer.alloc(30_000, 7)),
  },
  {
    path: '/data.json',
    links: [['/data.json', 'Data']],
    answer: (response) => send(response, 200, 'application/json', '{"cows": 12}'),
  },
  {
    path: '/manual.pdf',
    links: [['/manual.pdf', 'A file without an end that is no page']],
    answer: (response) =>
      pour(response.writeHead(200, { 'content-type': 'application/pdf' }), endless()),
  },
  {
    path: '/no-type',
    links: [['/no-type', 'A page that does not say what it is']],
    answer: (response) => void response.end(demoHtml('No type', 'Guess.')),
  },
]

/** Writes at the pace at which the client reads, until the chunks or the client end. */
async function pour(response: ServerResponse, chunks: Iterable<Uint8Array>): Promise<void> {
  await pipeline(Readable.from(chunks), response).catch(() => {})
}

/** A gzip body of a gigabyte of zeros that is a megabyte on the wire: one member, a thousand times. */
function* bomb(): Generator<Uint8Array> {
  const member = gzipSync(Buffer.alloc(1024 * 1024))
  for (let times = 0; times < 1024; times++) yield member
}

function* endless(): Generator<Uint8Array> {
  const chunk = Buffer.from('<p>and then another cow came by</p>\n'.repeat(1800))
  for (;;) yield chunk
}
