// npm run bench:server:restarts [-- --restarts 20 --write]: two servers behind nginx, which has to be installed, and with a
// Redis between them; they are restarted in turn by SIGTERM while clients POST, listen to server-sent events, and talk in
// a room over WebSockets.
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { run, sleep, taskGroup } from 'corral'
import { Agent } from 'undici'
import { end, nextMessage } from '../harness/next-message.ts'
import { freePort, openNginx } from '../harness/nginx.ts'
import { Load } from './restarts-load.ts'

const { values } = parseArgs({
  options: {
    restarts: { type: 'string', default: '20' },
    redis: { type: 'string', default: 'redis://127.0.0.1:6379' },
    write: { type: 'boolean', default: false },
  },
})
const [POSTERS, LISTENERS, CHATTERS] = [8, 4, 8]
const restarts = Number(values.restarts)
const room = `restarts ${process.pid}`

interface Ended {
  readonly outcomes: Readonly<Record<string, number>>
  readonly live: number
  readonly members: number
  readonly held: number
  readonly ticks: number
  readonly epoch: string
}

async function start(port: number): Promise<ChildProcess> {
  const file = fileURLToPath(new URL('restarts-server.ts', import.meta.url))
  const child = fork(file, [String(port), values.redis, room])
  await nextMessage(child)
  return child
}

/** What the servers that have ended say, together. */
const all = { outcomes: new Map<string, number>(), left: 0, held: 0, codes: 0, longest: 0 }
const ends = new Map<string, number>()

async function stop(child: ChildProcess): Promise<string> {
  const began = performance.now()
  child.kill('SIGTERM')
  const ended = await nextMessage<Ended>(child)
  await end(child)
  all.longest = Math.max(all.longest, performance.now() - began)
  for (const [name, n] of Object.entries(ended.outcomes)) {
    all.outcomes.set(name, (all.outcomes.get(name) ?? 0) + n)
  }
  all.left += ended.live + ended.members
  all.held += ended.held
  if (child.exitCode !== 0) all.codes += 1
  ends.set(ended.epoch, ended.ticks)
  return ended.epoch
}

await run(async () => {
  const ports = [await freePort(), await freePort()] as const
  await using open = new AsyncDisposableStack()
  const servers: ChildProcess[] = []
  open.defer(() => servers.forEach((server) => server.kill('SIGKILL')))
  for (const port of ports) servers.push(await start(port))
  const nginx = open.use(await openNginx(ports))
  const dispatcher = new Agent({ connections: POSTERS + LISTENERS })
  open.defer(() => dispatcher.close())
  const load = new Load(`http://127.0.0.1:${nginx.port}`, dispatcher, CHATTERS)
  const early = new Set<string>()
  await taskGroup(async (group) => {
    for (let i = 0; i < POSTERS; i += 1) group.spawn(() => load.post())
    for (let i = 0; i < LISTENERS; i += 1) group.spawn(() => load.listen())
    for (let i = 0; i < CHATTERS; i += 1) group.spawn(() => load.chat(i))
    for (let round = 0; round < restarts; round += 1) {
      await sleep(500)
      const which = round % 2
      const epoch = await stop(servers[which] as ChildProcess)
      if (round < 2) early.add(epoch)
      servers[which] = await start(ports[which] as number)
    }
    await sleep(500)
    load.over = true
  })
  const { count, problems } = load
  const wrong = load.wrong(ends, early)
  const missed = load.missed()
  for (const server of servers) await stop(server)
  const outcomes = [...all.outcomes].map(([name, n]) => `${name} ${n}`).join(', ')
  const table = `| ${restarts} rolling restarts behind nginx | |
| --- | ---: |
| POSTs | ${count.posts} |
| of them failed | ${count.failed} |
| streams of events opened | ${count.streams} |
| of them cut in the middle | ${count.cut} |
| events received | ${count.events} |
| messages received by ${CHATTERS} WebSocket clients | ${count.received} |
| clients that missed a message of a server, got one twice or out of order | ${wrong} |
| clients told of a loss | ${count.told} |
| times that a WebSocket client came back and went on where it was | ${count.returns} |
| messages sent by them | ${count.sent} |
| of them sent again, since the connection ended before the answer | ${count.again} |
| of them that reached somebody twice for that reason | ${count.twice} |
| of them that did not reach everybody | ${missed} |
| requests by outcome, as the servers tell | ${outcomes} |
| background tasks, streams, handlers, members of the room left | ${all.left} |
| sockets and timers left | ${all.held} |
| exit codes other than 0 | ${all.codes} |
| longest stop, drain included | ${Math.round(all.longest)} ms |`
  console.log(table)
  for (const problem of problems) console.log(problem)
  if (values.write) {
    const head = `# Rolling restarts

\`npm run bench:server:restarts -- --write\`; Node ${process.versions.node}, load ${loadavg()[0]?.toFixed(1)}; two servers behind nginx and a room over Redis between them,
${POSTERS} clients that POST, ${LISTENERS} that listen to server-sent events, ${CHATTERS} that talk over WebSockets (\`corral.v1\`), all the time.
`
    await writeFile(
      new URL('../results/server-restarts.md', import.meta.url),
      `${head}\n${table}\n`,
    )
  }
  const bad = count.failed + count.cut + wrong + count.told + missed
  process.exitCode = bad + all.left + all.held + all.codes === 0 ? 0 : 1
})
