// `node million-site.ts PAGES HOSTS PORT`: a site of any size on HOSTS addresses 127.0.1.1, 127.0.1.2, ...; page n is on host n mod HOSTS and
// is made when it is asked for. Each links to ten others, on its own host and on the next one, so that a crawl from page 0
// finds them all.
import { createServer } from 'node:http'

const [pages = 0, hosts = 1, port = 0] = process.argv.slice(2).map(Number)
const text =
  '<p>The quick brown fox jumps over the lazy dog, and the dog does not mind.</p>\n'.repeat(6)

function page(index: number): string {
  const links = Array.from({ length: 10 }, (_, k) => {
    const to = (index * 10 + k + 1) % pages
    return `<a href="http://127.0.1.${1 + (to % hosts)}:${port}/${to}">page ${to}</a>`
  })
  return `<!doctype html><meta charset=utf-8><title>Page ${index}</title>${links.join('\n')}${text}`
}

createServer(({ url = '' }, response) => {
  const index = /^\/\d+$/.test(url) ? Number(url.slice(1)) : Number.NaN
  if (!(index < pages)) return void response.writeHead(404, { 'content-length': 0 }).end()
  const body = page(index)
  const headers = { 'content-type': 'text/html', 'content-length': Buffer.byteLength(body) }
  response.writeHead(200, headers).end(body)
}).listen(port, '0.0.0.0', () => console.log('ready'))
