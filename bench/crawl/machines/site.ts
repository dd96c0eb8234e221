// `node site.ts PAGES HOSTS PORT SLOW`: a site of any size on HOSTS addresses 127.0.2.1, 127.0.2.2, ...; page n is on host n mod HOSTS.
// Answers after up to SLOW milliseconds, and notes of every host when it was asked and how many requests were under way at a
// time; tells its parent when that asks.
import { createServer } from 'node:http'

const [pages = 0, hosts = 1, port = 0, slow = 0] = process.argv.slice(2).map(Number)
const text = '<p>The quick brown fox jumps over the lazy dog.</p>\n'.repeat(10)

/** What was seen of a host. */
export interface HostSeen {
  inFlight: number
  most: number
  /** Milliseconds between the starts of two requests, at least, and at most. */
  shortest: number
  longest: number
  last: number
  requests: number
}

const seen = new Map<string, HostSeen>()

function note(host: string): HostSeen {
  const at = performance.now()
  let found = seen.get(host)
  if (found === undefined) {
    found = { inFlight: 0, most: 0, shortest: Infinity, longest: 0, last: -1, requests: 0 }
    seen.set(host, found)
  }
  if (found.last >= 0) {
    found.shortest = Math.min(found.shortest, at - found.last)
    found.longest = Math.max(found.longest, at - found.last)
  }
  found.last = at
  found.requests++
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
  const host = note(headers.host ?? '')
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
