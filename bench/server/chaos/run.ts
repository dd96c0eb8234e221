// npm run bench:server:chaos [-- --write]: clients that misbehave, one kind after the other, against one server in this process:
// what became of them, and what is left behind at the end; then signals at bad moments, and services behind that are not
// well.
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { api, background, openServer, reply } from '@corral/server'
import type { RequestEvent } from '@corral/server'
import { currentSignal, gather, run, shield, sleep } from 'corral'
import { end } from '../../harness/next-message.ts'
import { frozenClient, processRows } from './processes.ts'
import { serviceRows } from './services.ts'

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } })
const app = api()
app.get('/ok', () => 'ok')
app.get('/wait', () => sleep(600_000))
app.post('/read', async ({ request }) => (await request.bytes()).byteLength)
app.post('/json', async ({ request }) => typeof (await request.json()))
app.post('/early', () => 'an answer before the body was read')
app.get('/large', () => reply(Buffer.alloc(20_000_000)))
app.get('/stream', () => reply(endless()))
app.get('/deaf', async () => {
  background(() => sleep(50))
  await shield(() => sleep(300)) // no cancellation reaches it
})

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) {
    yield Buffer.alloc(1000)
    await sleep(5)
  }
}

const events: RequestEvent[] = []
const errors: string[] = []
const table = ['| a client that | outcome |', '| --- | --- |']
let port = 0

function say(what: string, outcome: string): void {
  table.push(`| ${what} | ${outcome} |`)
  console.log(table.at(-1))
}

function dial(text = ''): Socket {
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  if (text !== '') socket.write(text)
  return socket
}

/** What a client gets until the server closes, or `ms` have passed. */
async function talk(text: string, ms = 5000): Promise<string> {
  const socket = dial(text)
  let got = ''
  socket.setEncoding('latin1').on('data', (piece: string) => (got += piece))
  const closed = once(socket, 'close', { signal: currentSignal() })
  const timer = setTimeout(() => socket.destroy(), ms)
  const began = performance.now()
  await closed
  clearTimeout(timer)
  const took = performance.now() - began
  const status = /^HTTP\/1.1 (\d+ [^\r]*)/.exec(got)?.[1] ?? 'no answer'
  return `${status}, ${took < ms - 50 ? 'closed by the server' : 'still open'}`
}

const post = (path: string, headers: string, body = ''): string =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\n${headers}\r\n\r\n${body}`
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`
const chunked = 'transfer-encoding: chunked'

/** Outcomes of what has ended since, counted. */
async function outcomes(since: number, count: number): Promise<string> {
  for (let i = 0; events.length < since + count && i < 10_000; i += 1) await sleep(1)
  const counts: Record<string, number> = {}
  for (const { outcome } of events.slice(since)) counts[outcome] = (counts[outcome] ?? 0) + 1
  return Object.entries(counts)
    .map(([name, n]) => `${n} ${name}`)
    .join(', ')
}

async function manyGoing(count: number): Promise<string> {
  const since = events.length
  const sockets = Array.from({ length: count }, () => dial(get('/wait')))
  await gather(sockets.map((socket) => () => once(socket, 'connect', { signal: currentSignal() })))
  for (let i = 0; live() < count && i < 20_000; i += 1) await sleep(1)
  const began = performance.now()
  for (const socket of sockets) socket.destroy()
  const what = await outcomes(since, count)
  return `${what}; all ended after ${Math.round(performance.now() - began)} ms`
}

const connected = ({ pending }: Socket): boolean => !pending
const answered = ({ bytesRead }: Socket): boolean => bytesRead > 0

/** A hundred reset their connections once `when` holds for each: what the server tells of them. */
async function resets(
  text: string,
  when: (socket: Socket) => boolean,
  told: number,
): Promise<string> {
  const since = events.length
  for (let i = 0; i < 100; i += 1) {
    const socket = dial(text)
    socket.on('data', () => {})
    for (let k = 0; k < 1000 && !when(socket); k += 1) await sleep(1)
    socket.resetAndDestroy()
    for (let k = 0; k < 1000 && live() > 0; k += 1) await sleep(1)
  }
  const what = told === 0 ? 'no request was begun' : await outcomes(since, told)
  return `${what}; ${live()} left`
}

let live = (): number => 0

await run(async () => {
  const onRequest = (event: RequestEvent): void => void events.push(event)
  const onError = (error: unknown): void => void errors.push(String(error))
  const server = await openServer(app, {
    port: 0,
    host: '127.0.0.1',
    headersTimeout: 500,
    bodyTimeout: 500,
    readerTimeout: 500,
    keepAlive: 500,
    linger: 0,
    onRequest,
    onError,
  })
  port = server.port
  live = () => server.live
  await talk(get('/ok'), 200)
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed

  say('stops in its headers', await talk('GET / HTTP/1.1\r\nx: y'))
  say('sends nothing at all', await talk(''))
  say('stops in its body', await talk(post('/read', 'content-length: 9', 'abc')))
  let since = events.length
  const stalled = dial(get('/large'))
  stalled.pause()
  say('takes nothing of its answer', await outcomes(since, 1))
  stalled.destroy()
  say(
    'sends 2 MB in chunks, of 1 MiB allowed',
    await talk(post('/read', chunked, `1e8480\r\n${'x'.repeat(2_000_000)}\r\n0\r\n\r\n`)),
  )
  say('says that it will send 2 MB', await talk(post('/read', 'content-length: 2000000')))
  say('sends more than it said', await talk(post('/read', 'content-length: 1', 'abcdef')))
  say('says two lengths', await talk(post('/read', 'content-length: 1\r\ncontent-length: 2', 'ab')))
  say(
    'says length and chunks',
    await talk(post('/read', `content-length: 1\r\n${chunked}`, '0\r\n\r\n')),
  )
  say(
    'sends 10 000 headers',
    await talk(`GET /ok HTTP/1.1\r\nhost: x\r\n${'a: b\r\n'.repeat(10_000)}\r\n`),
  )
  say('sends no HTTP', await talk('\u0016\u0003\u0001 hello\r\n\r\n'))
  const deep = '['.repeat(200_000) + ']'.repeat(200_000)
  const json = `content-type: application/json\r\ncontent-length: ${deep.length}\r\nconnection: close`
  say('nests JSON 200 000 deep', await talk(post('/json', json, deep)))
  say(
    'nests what is no JSON',
    await talk(
      post(
        '/json',
        'content-type: application/json\r\ncontent-length: 5\r\nconnection: close',
        '[[[[[',
      ),
    ),
  )
  say(
    'is answered before its body was read',
    await talk(post('/early', 'content-length: 100000\r\nconnection: close', 'x'.repeat(100_000))),
  )
  say(
    'waits for 100 Continue, which never comes',
    await talk(post('/early', 'content-length: 5\r\nexpect: 100-continue')),
  )
  say(
    'expects something else',
    await talk(post('/early', 'content-length: 0\r\nexpect: miracles\r\nconnection: close')),
  )
  since = events.length
  const piped = dial(get('/ok').repeat(1000))
  piped.resume()
  say('pipelines 1 000 requests', await outcomes(since, 1000))
  piped.destroy()
  since = events.length
  const gone = dial(get('/wait').repeat(100))
  for (let i = 0; server.live < 100 && i < 5000; i += 1) await sleep(1)
  gone.resetAndDestroy()
  say('pipelines 100 that wait, and resets', await outcomes(since, 100))
  const begun = (): boolean => live() > 0
  say('resets before it says anything, 100 times', await resets('', connected, 0))
  say('resets in its headers', await resets('GET / HTTP/1.1\r\nx: y', connected, 0))
  say('resets in its body', await resets(post('/read', 'content-length: 9', 'abc'), begun, 100))
  say('resets while it waits', await resets(get('/wait'), begun, 100))
  say('resets in a stream of its answer', await resets(get('/stream'), answered, 100))
  say('resets after its answer', await resets(get('/ok'), answered, 100))
  since = events.length
  const frozen = await frozenClient(port)
  say('is stopped by SIGSTOP in its answer', await outcomes(since, 1))
  frozen.kill('SIGKILL')
  await end(frozen)
  say('is one of 400, all gone at once', await manyGoing(400))
  say('is one of 4 000, all gone at once', await manyGoing(4000))
  since = events.length
  const deaf = dial(get('/deaf'))
  for (let i = 0; server.live === 0 && i < 5000; i += 1) await sleep(1)
  deaf.destroy()
  say(
    'goes from a handler that no cancellation reaches',
    `${await outcomes(since, 1)}, after the handler`,
  )
  say(
    'asks after all this',
    await talk(get('/ok').replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n')),
  )

  for (let i = 0; server.live > 0 && i < 5000; i += 1) await sleep(1)
  await sleep(700)
  globalThis.gc?.()
  const heap = (process.memoryUsage().heapUsed - before) / 1e6
  const sockets = process.getActiveResourcesInfo().filter((name) => /TCPSocketWrap/.test(name))
  say(
    'looks at what is left',
    `${server.live} tasks, ${sockets.length} sockets, ${errors.length} errors told (${[...new Set(errors)].join('; ')}), heap ${heap.toFixed(1)} MB more`,
  )
  await server.drain()
})
/** A table of its own. */
async function more(title: string, head: string, rows: Promise<string[]>): Promise<void> {
  const line = head.replaceAll(/[^|]+/g, ' --- ')
  table.push('', `## ${title}`, '', head, line, ...(await rows))
  console.log(table.slice(table.lastIndexOf(line)).join('\n'))
}

await run(async () => {
  await more('Signals, and places to listen', '| what happens | outcome | held |', processRows())
  await more(
    'A service asks another one',
    '| that one | what 500 requests got, each within half a second, with retries and a hedge from one budget of 20 | requests there for each | left | held |',
    serviceRows(),
  )
})
if (values.write) {
  const head = `# Chaos and bad input

\`npm run bench:server:chaos -- --write\`, Node ${process.versions.node}, load ${loadavg()[0]?.toFixed(1)}; limits of half a second instead of 10 to 65 s.
SIGTERM under POST, server-sent events and WebSockets: [rolling restarts](server-restarts.md).

`
  writeFileSync(
    new URL('../../results/server-chaos.md', import.meta.url),
    `${head}${table.join('\n')}\n`,
  )
}
if (table.some((row) => row.endsWith('| NO |'))) process.exitCode = 1
