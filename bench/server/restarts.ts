// node --conditions=@corral/source bench/server/restarts.ts [--restarts 20]: two servers behind nginx, which has to be
// installed; they are restarted in turn by SIGTERM while clients POST and listen to server-sent events.
import { fork, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Agent, request } from 'undici'

const { values } = parseArgs({
  options: {
    restarts: { type: 'string', default: '20' },
    write: { type: 'boolean', default: false },
  },
})
const POSTERS = 8
const LISTENERS = 4

interface Ended {
  readonly outcomes: Readonly<Record<string, number>>
  readonly backgrounds: number
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function start(port: number): Promise<ChildProcess> {
  const file = fileURLToPath(new URL('restarts-server.ts', import.meta.url))
  const child = fork(file, [String(port)])
  await once(child, 'message')
  return child
}

async function stop(child: ChildProcess): Promise<{ code: number | null } & Ended> {
  const said = once(child, 'message') as Promise<[Ended]>
  const ended = once(child, 'exit') as Promise<[number | null]>
  child.kill('SIGTERM')
  const [{ outcomes, backgrounds }] = await said
  const [code] = await ended
  return { code, outcomes, backgrounds }
}

const folder = mkdtempSync(join(tmpdir(), 'corral-nginx-'))
const [first, second, front] = [await freePort(), await freePort(), await freePort()]
writeFileSync(
  join(folder, 'nginx.conf'),
  `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f;
  uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  upstream app {
    server 127.0.0.1:${first} max_fails=0;
    server 127.0.0.1:${second} max_fails=0;
    keepalive 16;
  }
  server {
    listen 127.0.0.1:${front};
    location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
`,
)

const servers = [await start(first), await start(second)]
const nginx = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'inherit' })
const base = `http://127.0.0.1:${front}`
const dispatcher = new Agent({ connections: POSTERS + LISTENERS })
while (true) {
  try {
    await (await request(`${base}/livez`, { dispatcher })).body.dump()
    break
  } catch {
    await delay(50)
  }
}

const over = new AbortController()
const count = { posts: 0, failed: 0, streams: 0, events: 0, cut: 0 }
const problems: string[] = []

async function post(): Promise<void> {
  while (!over.signal.aborted) {
    const n = (count.posts += 1)
    try {
      const answer = await request(`${base}/order`, {
        method: 'POST',
        body: JSON.stringify({ n }),
        headers: { 'content-type': 'application/json' },
        dispatcher,
      })
      const text = await answer.body.text()
      if (answer.statusCode !== 200 || text !== JSON.stringify({ n })) {
        throw new Error(`${answer.statusCode} ${text.slice(0, 100)}`)
      }
    } catch (error) {
      count.failed += 1
      problems.push(String(error))
    }
    await delay(5)
  }
}

/** Events until the server ends them; an end in the middle of an event, or an error, is a failure. */
async function listen(): Promise<void> {
  while (!over.signal.aborted) {
    count.streams += 1
    let text = ''
    try {
      const { body, statusCode } = await request(`${base}/events`, { dispatcher })
      if (statusCode !== 200) throw new Error(`events: ${statusCode}`)
      for await (const piece of body) {
        text = (text + String(piece)).slice(-200)
        count.events += 1
        if (over.signal.aborted) break
      }
      const whole = text === '' || text.endsWith('\n\n')
      if (!over.signal.aborted && !whole) throw new Error(`cut: ${text}`)
    } catch (error) {
      if (over.signal.aborted) break
      count.cut += 1
      problems.push(String(error))
    }
    await delay(20)
  }
}

const clients = [
  ...Array.from({ length: POSTERS }, post),
  ...Array.from({ length: LISTENERS }, listen),
]
const outcomes: Record<string, number> = {}
let [codes, left, longest] = [0, 0, 0]
const restarts = Number(values.restarts)
for (let round = 0; round < restarts; round += 1) {
  await delay(300)
  const which = round % 2
  const began = performance.now()
  const { code, outcomes: own, backgrounds } = await stop(servers[which] as ChildProcess)
  longest = Math.max(longest, performance.now() - began)
  if (code !== 0) codes += 1
  left += backgrounds
  for (const [name, n] of Object.entries(own)) outcomes[name] = (outcomes[name] ?? 0) + n
  servers[which] = await start(which === 0 ? first : second)
}
await delay(300)
over.abort()
await Promise.all(clients)
for (const child of servers) {
  const { code, outcomes: own, backgrounds } = await stop(child)
  if (code !== 0) codes += 1
  left += backgrounds
  for (const [name, n] of Object.entries(own)) outcomes[name] = (outcomes[name] ?? 0) + n
}
nginx.kill('SIGQUIT')
await once(nginx, 'exit')
await dispatcher.close()
rmSync(folder, { recursive: true })

const table = `| ${restarts} rolling restarts behind nginx | |
| --- | ---: |
| POSTs | ${count.posts} |
| of them failed | ${count.failed} |
| streams of events opened | ${count.streams} |
| of them cut in the middle | ${count.cut} |
| events received | ${count.events} |
| requests by outcome, as the servers tell | ${Object.entries(outcomes)
  .map(([name, n]) => `${name} ${n}`)
  .join(', ')} |
| background tasks left | ${left} |
| exit codes other than 0 | ${codes} |
| longest stop, drain included | ${Math.round(longest)} ms |`
console.log(table)
for (const problem of new Set(problems)) console.log(problem)
if (values.write) {
  writeFileSync(
    new URL('../results/server-restarts.md', import.meta.url),
    `# Rolling restarts\n\nNode ${process.versions.node}; two servers behind nginx, ${POSTERS} clients that POST and ${LISTENERS} that listen to\nserver-sent events. Written by \`bench/server/restarts.ts\`.\n\n${table}\n`,
  )
}
process.exitCode = count.failed + count.cut + left + codes === 0 ? 0 : 1
