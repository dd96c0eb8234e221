// npm run bench:ws:clients [-- --write]: clients and servers that nobody here wrote, those that are installed: the
// WebSocket of Node, the library ws, python3-websockets and python3-autobahn of Debian, a headless Chromium. Each
// connects, gets echoes, hears a room, is cut off and recovers what it missed.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { openWebSocket, openWebSocketServer, Room, websocket } from '@corral/ws'
import { currentSignal, fixed, openGroup, run, sleep, throwIfCancelled, timeout } from 'corral'
import { WebSocket as WsSocket } from 'ws'
import { freePort } from '../harness/nginx.ts'
import { end } from '../harness/next-message.ts'
import { Route } from '../harness/route.ts'
import { isSame, MESSAGES, talk } from './real/talk.js'

const exec = promisify(execFile)
const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } })
/** Debian's own, which has Debian's libraries. */
const PYTHON = '/usr/bin/python3'
const script = fileURLToPath(new URL('real/talk.py', import.meta.url))
const EXPECTED =
  'echoes 4 of 4, closed 1000; heard hello, cut off 1006, recovered true: missed-1 missed-2 missed-3'
const rows: string[] = []

async function row(name: string, expected: string, act: () => Promise<string>): Promise<void> {
  const got = await timeout(60_000, act).catch((error: unknown) => {
    throwIfCancelled()
    return String(error).slice(0, 300)
  })
  const held = got === expected
  if (!held) process.exitCode = 1
  rows.push(`| ${name} | ${got.replaceAll(/\s+/g, ' ')} | ${held ? 'yes' : 'NO'} |`)
  console.log(rows.at(-1))
}

/** The same for a library of Python, if it is installed. */
async function rowOf(
  library: string,
  name: string,
  expected: string,
  act: () => Promise<string>,
): Promise<void> {
  const code = `import ${library}; print(getattr(${library}, '__version__', '') or ${library}.version.version)`
  const version = await outputOr('', PYTHON, '-c', code)
  if (version === '') rows.push(`| ${library} of Python | not installed | |`)
  else await row(`${name} ${library} ${version} of Python`.trim(), expected, act)
}

/** What a program says; its end is awaited, or forced. */
async function output(command: string, ...args: string[]): Promise<string> {
  const { stdout } = await exec(command, args, { signal: currentSignal() })
  return stdout.trim()
}

async function outputOr(otherwise: string, command: string, ...args: string[]): Promise<string> {
  try {
    return await output(command, ...args)
  } catch {
    throwIfCancelled()
    return otherwise
  }
}

/** The client of this project at a server of Python, which dies once. */
async function atServer(library: string): Promise<string> {
  const url = `ws://127.0.0.1:${await freePort()}`
  const start = () => spawn(PYTHON, [script, library, 'server', url], { stdio: 'inherit' })
  let server = start()
  try {
    const backoff = fixed(50)
    let live = await openWebSocket(url, { backoff }).catch(() => undefined)
    while (live === undefined) {
      await sleep(50)
      live = await openWebSocket(url, { backoff }).catch(() => undefined)
    }
    await using socket = live
    let right = 0
    for (const message of MESSAGES) {
      await socket.send(message)
      if (isSame(message, await socket.receiveNext())) right += 1
    }
    server.kill('SIGKILL')
    await end(server)
    while (socket.state === 'open') await sleep(10)
    server = start()
    await socket.send('again')
    return `echoes ${right} of ${MESSAGES.length}, the server killed, ${String(await socket.receiveNext())}`
  } finally {
    server.kill('SIGKILL')
  }
}

await run(async () => {
  await using stack = new AsyncDisposableStack()
  const room = stack.use(new Room<string>({ name: 'chat', history: 100 }))
  const group = stack.use(openGroup())
  const cut = group.callback(async () => {
    network.reset()
    while (room.size > 0) await sleep(1)
    for (const n of [1, 2, 3]) room.send(`missed-${n}`)
  })
  const chat = websocket(async (socket) => {
    using _seat = room.join(socket)
    for await (const text of socket) {
      if (text === 'cut') cut()
      else room.send(text)
    }
  })
  const echo = websocket(
    async (socket) => {
      for await (const message of socket) await socket.send(message)
    },
    { messages: 'any' },
  )
  const told = Promise.withResolvers<string>()
  const source = await readFile(new URL('real/talk.js', import.meta.url))
  const http = createServer((request, response) => {
    if (request.method === 'POST') {
      void request
        .setEncoding('utf8')
        .toArray()
        .then((pieces) => told.resolve(pieces.join('')))
      response.end()
    } else if (request.url === '/talk.js') {
      response.setHeader('content-type', 'text/javascript').end(source)
    } else {
      response.setHeader('content-type', 'text/html').end(`<script type="module">
import { talk } from '/talk.js'
const said = await talk(WebSocket, 'ws://' + location.host).catch(String)
await fetch('/', { method: 'POST', body: said })</script>`)
    }
  })
  const sockets = stack.use(openWebSocketServer(http, { '/chat': chat, '/echo': echo }))
  stack.defer(() => {
    http.closeAllConnections()
    http.close()
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening', { signal: currentSignal() })
  const { port } = http.address() as AddressInfo
  const { network, url: through } = await Route.open(`ws://127.0.0.1:${port}`)
  stack.use(network)
  const url = through.replace(/\/$/, '')

  await row(`Node ${process.versions.node}: WebSocket`, EXPECTED, () => talk(WebSocket, url))
  await row('ws 8.23.0', EXPECTED, () => talk(WsSocket, url))
  for (const library of ['websockets', 'autobahn']) {
    await rowOf(library, '', EXPECTED, () => output(PYTHON, script, library, 'client', url))
  }
  const browser = await outputOr('Chromium, not installed', 'chromium', '--version')
  await row(browser.split(' ').slice(0, 2).join(' '), EXPECTED, async () => {
    const page = url.replace('ws:', 'http:')
    const child = spawn('chromium', ['--headless', '--no-sandbox', '--disable-gpu', page], {
      stdio: 'ignore',
    })
    child.once('error', (error) => told.reject(error))
    try {
      return await told.promise
    } finally {
      child.kill()
    }
  })
  for (const library of ['websockets', 'autobahn']) {
    const expected = 'echoes 4 of 4, the server killed, again'
    await rowOf(library, '`openWebSocket` at a server of', expected, () => atServer(library))
  }
  while (sockets.live > 0) await sleep(10)
  rows.push('', `Left at the server: ${sockets.live} connections, ${room.size} members.`)
  console.log(rows.at(-1))
})

if (values.write) {
  const page = `# WebSocket clients and servers that nobody here wrote

\`npm run bench:ws:clients -- --write\`, with those that are installed. A client gets four echoes (text of several bytes a character, none at all, 100 kB, 70 kB
of bytes), hears a room, is cut off by a reset, and recovers what was sent meanwhile in the words of \`corral.v1\`.

| who | what came of it | as expected |
| --- | --- | --- |
${rows.join('\n')}
`
  await writeFile(new URL('../results/ws-clients.md', import.meta.url), page)
}
process.exit()
