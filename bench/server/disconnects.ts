// node --conditions=@corral/source bench/server/disconnects.ts [--completed 20000] [--write]: clients that go in each phase, and
// requests that are complete, through the server and each adapter. True cancellations should be all, false ones none.
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect as connectHttp2, constants } from 'node:http2'
import { connect } from 'node:net'
import { parseArgs } from 'node:util'
import { api, openServer, reply } from '@corral/server'
import type { RequestEvent } from '@corral/server'
import { currentSignal, gather, run, sleep } from 'corral'
import { cert, key } from '../../packages/http/test/connect/certificate.ts'
import { adapters } from '../../packages/server/test/guest/adapters.ts'
import type { Adapter, Behaviour } from '../../packages/server/test/guest/adapters.ts'
import { load } from './load.ts'

const { values } = parseArgs({
  options: {
    completed: { type: 'string', default: '20000' },
    write: { type: 'boolean', default: false },
  },
})
const COMPLETED = Number(values.completed)
const EACH = 100
const PIPELINED = 3
const lines = [
  `| server | before the answer | pipelined (${PIPELINED} each) | in a stream | false, of those that were complete | left |`,
  '| --- | ---: | ---: | ---: | ---: | ---: |',
]
let falseOnes = 0
let completed = 0

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`

/** How a client goes, one after the other, when the server has begun its request. */
type Leaving = (path: string, times: number, begun: () => number) => Promise<void>

function overHttp1(port: number): Leaving {
  return async (path, times, begun) => {
    const before = begun()
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    socket.write(get(path).repeat(times))
    if (path === '/stream') await once(socket, 'data', { signal: currentSignal() })
    // Not every server begins the others of a pipeline before the first is answered.
    for (let i = 0; begun() < before + times && i < 40; i += 1) await sleep(1)
    while (begun() === before) await sleep(1)
    socket.destroy()
  }
}

function overHttp2(url: string): Leaving {
  const session = connectHttp2(url, { ca: cert, servername: 'corral.test' })
  session.unref()
  return async (path, times, begun) => {
    const before = begun()
    const streams = Array.from({ length: times }, () => session.request({ ':path': path }))
    for (const stream of streams) stream.on('error', () => {}).resume()
    while (begun() < before + times) await sleep(1)
    for (const stream of streams) stream.close(constants.NGHTTP2_CANCEL)
  }
}

async function completeHttp2(url: string, count: number): Promise<void> {
  const session = connectHttp2(url, { ca: cert, servername: 'corral.test' })
  for (let done = 0; done < count; done += 50) {
    const streams = Array.from({ length: 50 }, () => session.request({ ':path': '/hello' }))
    await gather(
      streams.map((stream) => () => once(stream.resume(), 'close', { signal: currentSignal() })),
    )
  }
  session.destroy()
}

async function row(title: string, adapter: Adapter, http2: boolean): Promise<void> {
  const events: RequestEvent[] = []
  let begun = 0
  const behaviour: Behaviour = {
    async wait() {
      begun += 1
      await sleep(600_000)
    },
    async *pieces() {
      begun += 1
      for (;;) yield 'x'.repeat(16_384)
    },
  }
  const onRequest = (event: RequestEvent): void => void events.push(event)
  await using app = await adapter(behaviour, { onRequest, onError: () => {} })
  const leave = http2 ? overHttp2(app.url) : overHttp1(Number(new URL(app.url).port))
  const cells: string[] = []
  let left = 0
  for (const [path, times] of [
    ['/wait', 1],
    ['/wait', PIPELINED],
    ['/stream', 1],
  ] as const) {
    events.length = 0
    const before = begun
    for (let i = 0; i < EACH; i += 1) await leave(path, times, () => begun)
    for (let i = 0; events.length < begun - before && i < 5000; i += 1) await sleep(1)
    const gone = events.filter(({ outcome }) => outcome === 'disconnected').length
    cells.push(`${gone} of ${begun - before}`)
    left += Math.max(0, begun - before - events.length)
  }
  events.length = 0
  if (http2) await completeHttp2(app.url, COMPLETED)
  else await load(Number(new URL(app.url).port), '/ok', COMPLETED, 16)
  for (let i = 0; events.length < COMPLETED && i < 5000; i += 1) await sleep(1)
  const wrong = events.filter(({ outcome }) => outcome !== 'answered').length
  falseOnes += wrong
  completed += events.length
  lines.push(`| ${title} | ${cells.join(' | ')} | ${wrong} of ${events.length} | ${left} |`)
  console.log(lines.at(-1))
}

const overTls: Adapter = async ({ wait, pieces }, options) => {
  const app = api()
    .get('/hello', () => 'ok')
    .get('/wait', wait)
  app.get('/stream', () => reply(pieces()))
  const tls = { cert, key }
  return await openServer(app, { port: 0, host: '127.0.0.1', linger: 0, tls, ...options })
}

console.log(lines.join('\n'))
await run(async () => {
  for (const [name, adapter] of Object.entries(adapters)) {
    const title = name === 'api' ? '@corral/server, HTTP/1' : `${name}, with its adapter`
    await row(title, adapter, false)
  }
  await row('@corral/server, HTTP/2', overTls, true)
})
lines.push('', `False cancellations: ${falseOnes} of ${completed}.`)
console.log(lines.slice(-1)[0])
if (values.write) {
  const head = `# Clients that go\n\nNode ${process.versions.node}; ${EACH} clients in each phase, cancellations seen of requests begun. Written by\n\`bench/server/disconnects.ts\`.\n\n`
  writeFileSync(
    new URL('../results/server-disconnects.md', import.meta.url),
    `${head}${lines.join('\n')}\n`,
  )
}
process.exit(falseOnes === 0 ? 0 : 1)
