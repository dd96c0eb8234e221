// A static site for measuring: `node site.ts [pages]` prints its URL. Every page links to others, so
// that a crawl from page 0 finds them all.
import { createServer } from 'node:http'

const pages = Number(process.argv[2] ?? 2000)
const paragraph =
  '<p>The quick brown fox jumps over the lazy dog, and the dog does not mind at all.</p>\n'

function page(index: number): Buffer {
  const links = Array.from({ length: 20 }, (_, k) => (index * 20 + k + 1) % pages)
  return Buffer.from(
    `<!doctype html><html><head><meta charset="utf-8"><title>Page ${index}</title></head><body><h1>Page ${index}</h1>\n` +
      `<ul>${links.map((link) => `<li><a href="/page/${link}.html">Page ${link}</a></li>`).join('\n')}</ul>\n` +
      `${paragraph.repeat(40)}</body></html>`,
  )
}

const bodies = Array.from({ length: pages }, (_, index) => page(index))
const server = createServer((request, response) => {
  const index = /^\/page\/(\d+)\.html$/.exec(request.url ?? '')?.[1]
  const body = index === undefined ? undefined : bodies[Number(index)]
  if (body === undefined) {
    response.writeHead(404, { 'content-length': 0 }).end()
    return
  }
  response.writeHead(200, { 'content-type': 'text/html', 'content-length': body.length }).end(body)
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') {
    console.log(`http://127.0.0.1:${address.port}`)
  }
})
