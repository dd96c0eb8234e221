// npm run bench:ws:deploy [-- --clients 1000 --kill --write]: two processes behind nginx, one room over
// Redis, clients that resume; each process is restarted while messages go on. Needs nginx and Redis.
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { run, sleep } from 'corral'
import { end, nextMessage } from '../harness/next-message.ts'
import { freePort, openNginx } from '../harness/nginx.ts'

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '1000' },
    kill: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    redis: { type: 'string', default: 'redis://127.0.0.1:6379' },
  },
})
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const room = `deploy ${process.pid}`
const execArgv = ['--conditions=@corral/source']

interface Report {
  readonly clients: number
  readonly broken: number
  readonly told: readonly string[]
  readonly returns: readonly number[]
  readonly least: number
}

async function start(port: number): Promise<ChildProcess> {
  const child = fork(here('deploy-server.ts'), [String(port), values.redis, room], { execArgv })
  await nextMessage(child)
  return child
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal)
  await end(child)
}

await run(
  async () => {
    const ports = [await freePort(), await freePort()]
    const servers: ChildProcess[] = []
    for (const port of ports) servers.push(await start(port))
    const publisher = fork(here('deploy-server.ts'), ['0', values.redis, room], { execArgv })
    await nextMessage(publisher)
    await using nginx = await openNginx(ports)
    const url = `ws://127.0.0.1:${nginx.port}/`
    const clients = fork(here('deploy-clients.ts'), [url, values.clients], { execArgv })
    await nextMessage(clients)
    const cuts: number[] = []
    for (const [index, port] of ports.entries()) {
      cuts.push(Date.now())
      await stop(servers[index] as ChildProcess, values.kill ? 'SIGKILL' : 'SIGTERM')
      servers[index] = await start(port)
      await sleep(4000)
    }
    publisher.kill('SIGTERM')
    const { published } = await nextMessage<{ published: number }>(publisher)
    const ask = (): Promise<Report> => {
      clients.send('report')
      return nextMessage<Report>(clients)
    }
    let report = await ask()
    for (let tries = 0; tries < 60 && report.least < published; tries++) {
      await sleep(1000)
      report = await ask()
    }
    clients.disconnect()
    for (const server of servers) server.kill('SIGKILL')
    const kind = values.kill ? 'killed with SIGKILL' : 'restarted'
    const lines = [
      `${report.clients} clients, both processes ${kind} one after the other, ${published} messages`,
      '',
      `clients with a gap or a duplicate: ${report.broken}`,
      `clients told of a loss: ${report.told.length}`,
      `clients without the last message: ${report.least < published ? 'some' : 'none'}`,
    ]
    for (const cut of cuts) {
      const next = cuts.find((other) => other > cut) ?? Infinity
      const after = report.returns.filter((at) => at >= cut && at < next).map((at) => at - cut)
      lines.push('', `${after.length} came back; seconds after the cut:`)
      for (let from = 0; from < 15_000; from += 500) {
        const inside = after.filter((ms) => ms >= from && ms < from + 500).length
        const bar = '#'.repeat(Math.ceil(inside / 5))
        if (inside > 0) lines.push(`${(from / 1000).toFixed(1)} ${bar} ${inside}`)
      }
    }
    console.log(lines.join('\n'))
    if (!values.write) return
    const page = `# A deploy of two processes behind nginx

\`npm run bench:ws:deploy -- --clients ${values.clients} --write\`, Node ${process.versions.node}, load ${loadavg()[0]?.toFixed(1)} (under load seconds are long): clients of \`corral.v1\`
at nginx, a room over Redis with history, five messages a second; both processes get SIGTERM, drain (1012 spread over 3 s) and
start anew.

\`\`\`text
${lines.join('\n')}
\`\`\`
`
    await writeFile(here('../results/ws-deploy.md'), page)
  },
  { handleSignals: false },
)
