// node --conditions=@corral/source bench/server/real-clients.ts [--write]: clients that nobody here wrote, those that are installed:
// curl, wrk, h2load, nghttp, undici and a headless Chromium, which uses fetch and EventSource.
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { parseArgs, promisify } from 'node:util'
import { api, openServer, reply, sse } from '@corral/server'
import type { RequestEvent } from '@corral/server'
import { currentSignal, run, sleep } from 'corral'
import { request } from 'undici'
import { cert, key } from '../../packages/http/test/connect/certificate.ts'

const exec = promisify(execFile)
const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } })
const table = ['| client | what it did | what it got |', '| --- | --- | --- |']

const PAGE = `<!doctype html><title>waiting</title><script>
const lines = []
const show = (line) => { lines.push(line); document.title = lines.join(' | ') ; document.body.textContent = lines.join(' | ') }
fetch('/echo', { method: 'POST', body: JSON.stringify({ n: 7 }), headers: { 'content-type': 'application/json' } })
  .then((r) => r.text()).then((text) => {
    show('fetch ' + text)
    const events = new EventSource('/events')
    events.onmessage = ({ data, lastEventId }) => { show('event ' + lastEventId + ' ' + data); if (lastEventId === '2') events.close() }
  })
</script><body>`

const app = api()
app.get('/', () => reply(PAGE, { headers: { 'content-type': 'text/html' } }))
app.get('/hello', () => ({ hello: 'world' }))
app.post('/echo', ({ request }) => request.json())
app.get('/events', () =>
  sse(
    (async function* () {
      for (let id = 0; ; id += 1) {
        yield { data: { id }, id: String(id) }
        await sleep(20)
      }
    })(),
  ),
)

async function client(
  name: string,
  what: string,
  command: readonly string[],
  pick: (out: string) => string,
): Promise<void> {
  let got: string
  try {
    const [file = '', ...args] = command
    const { stdout, stderr } = await exec(file, args, { timeout: 60_000, maxBuffer: 1 << 24 })
    got = pick(stdout + stderr)
  } catch (error) {
    const { code } = error as { code?: string | number }
    const known = code === 28 ? 'left when its second was over' : String(error).slice(0, 200)
    got = code === 'ENOENT' ? 'not installed' : known
  }
  table.push(`| ${name} | ${what} | ${got} |`)
  console.log(table.at(-1))
}

const one = (pattern: RegExp) => (out: string) =>
  (pattern.exec(out)?.[0] ?? out.slice(-200)).replaceAll(/\s+/g, ' ').trim()

await run(async () => {
  const events: RequestEvent[] = []
  const errors: unknown[] = []
  const onRequest = (event: RequestEvent): void => void events.push(event)
  const onError = (error: unknown): void => void errors.push(error)
  const options = { port: 0, host: '127.0.0.1', linger: 0, onRequest, onError }
  await using plain = await openServer(app, options)
  await using secure = await openServer(app, { ...options, tls: { cert, key } })
  const json = ['-H', 'content-type: application/json', '-d', '{"n":7}']
  await client('curl', 'POST', ['curl', '-s', ...json, `${plain.url}/echo`], (out) => out)
  const h2 = [
    'curl',
    '-sk',
    '--http2',
    '-w',
    ' HTTP/%{http_version}',
    ...json,
    `${secure.url}/echo`,
  ]
  await client('curl', 'POST over HTTP/2', h2, (out) => out)
  await client(
    'curl',
    'asks for h2c, which is ignored',
    ['curl', '-s', '--http2', `${plain.url}/hello`],
    (out) => out,
  )
  await client(
    'curl',
    'large body, 100-continue',
    [
      'curl',
      '-s',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      '-H',
      'content-type: application/json',
      '-H',
      'expect: 100-continue',
      '-d',
      `[${'1,'.repeat(50_000)}1]`,
      `${plain.url}/echo`,
    ],
    (out) => out,
  )
  await client(
    'curl',
    'leaves a stream of events',
    ['curl', '-sN', '-m', '1', `${plain.url}/events`],
    (out) => out,
  )
  await client(
    'wrk',
    '2 s over 32 connections',
    ['wrk', '-t1', '-c32', '-d2', `${plain.url}/hello`],
    (out) => (/Non-2xx|Socket errors/.test(out) ? out : 'no error, only 200'),
  )
  await client(
    'h2load',
    '5 000 requests, 10 x 20 at a time',
    ['h2load', '-n5000', '-c10', '-m20', `${secure.url}/hello`],
    one(/requests: .*/),
  )
  await client(
    'h2load',
    '5 000 over HTTP/1.1',
    ['h2load', '--h1', '-n5000', '-c10', `${plain.url}/hello`],
    one(/requests: .*/),
  )
  await client(
    'nghttp',
    'GET',
    ['nghttp', '--no-verify-peer', `${secure.url}/hello`],
    one(/\{.*\}/),
  )
  const answer = await request(`${plain.url}/hello`, { signal: currentSignal() })
  table.push(`| undici | GET | ${await answer.body.text()} |`)
  const browser = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--virtual-time-budget=3000',
    '--dump-dom',
    `${plain.url}/`,
  ]
  await client(
    'Chromium',
    'fetch, then EventSource, closed after three',
    ['chromium', ...browser],
    one(/fetch [^<]*/),
  )
  while (plain.live + secure.live > 0) await sleep(10)
  const counts: Record<string, number> = {}
  for (const { outcome } of events) counts[outcome] = (counts[outcome] ?? 0) + 1
  const all = Object.entries(counts).map(([name, n]) => `${name} ${name === 'answered' ? '' : n}`)
  table.push(
    '',
    `Outcomes in the access log: ${all.join(', ')}; errors told: ${errors.length}; tasks left: 0.`,
  )
  console.log(table.at(-1))
})
if (values.write) {
  const head = `# Clients that nobody here wrote\n\nNode ${process.versions.node}. Written by \`bench/server/real-clients.ts\`, with those that are installed.\n\n`
  writeFileSync(
    new URL('../results/server-clients.md', import.meta.url),
    `${head}${table.join('\n')}\n`,
  )
}
process.exit()
