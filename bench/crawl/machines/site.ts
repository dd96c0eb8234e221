// `node site.ts PAGES HOSTS PORT SLOW`: a site of any size on HOSTS addresses 127.0.2.1, 127.0.2.2, ...; page n is on host n mod HOSTS.
// Answers after up to SLOW milliseconds, and notes of every host when it was asked and how many requests were under way at a
// time; tells its parent when that asks.
import { createServer } from 'node:http'

const [pages = 0, hosts = 1, port = 0, slow = 0] = process.argv.slice(2).map(Number)
const text = '<p>The quick brown fox jumps over the lazy dog.</p>\n'.repeat(10)

/** What was seen of a host. Times are milliseconds since the epoch. */
export interface HostSeen {
  readonly host: string
  inFlight: number
  most: number
  /** When requests came, and when who asked began them. */
  readonly came: number[]
  readonly begun: number[]
}

const seen = new Map<string, HostSeen>()

function note(host: string, begun: number): HostSeen {
  let found = seen.get(host)
  if (found === undefined) {
    found = { host, inFlight: 0, most: 0, came: [], begun: [] }
    seen.set(host, found)
  }
  found.came.push(Date.now())
  found.begun.push(begun)
  found.most = Math.max(found.most, ++found.inFlight)
  return found
}

function page(index: number): string {
  const links = Array.from({ length: 10 }, (_, k) => {
    const to = (index * 10 + k + 1) % pages
    return `<a href="http://127.0.2.${1 + (to % hosts)}:${port}/${to}">page ${to}</a>`
  })
  return `<!doctype html><meta charset=utf-8><title>Page ${index}</title>${links.join('\n')}${text}`
}

createServer(({ url = '', headers }, response) => {
  const host = note(headers.host ?? '', Number(headers['x-at']))
  response.on('close', () => host.inFlight--)
  const index = /^\/\d+$/.test(url) ? Number(url.slice(1)) : Number.NaN
  const answer = (): void => {
    if (!(index < pages)) return void response.writeHead(404, { 'content-length': 0 }).end()
    const body = page(index)
    const fields = { 'content-type': 'text/html', 'content-length': Buffer.byteLength(body) }
    response.writeHead(200, fields).end(body)
  }
  if (slow === 0) answer()
  else setTimeout(answer, Math.random() * slow)
}).listen(port, '0.0.0.0', () => process.send?.('ready'))

process.on('message', () => process.send?.([...seen.values()]))
process.on('disconnect', () => process.exit())
