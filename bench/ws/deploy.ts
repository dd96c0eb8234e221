// node --conditions=@corral/source bench/ws/deploy.ts [--clients 1000] [--kill]: two processes behind nginx, one room over
// Redis, clients that resume; each process is restarted while messages go on. Needs nginx and Redis.
import { execFile, fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { run, sleep } from 'corral'
import { end, nextMessage } from './next-message.ts'

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '1000' },
    kill: { type: 'boolean', default: false },
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

function startNginx(): ChildProcess {
  const folder = mkdtempSync(`${tmpdir()}/corral-nginx-`)
  const config = `daemon off; pid ${folder}/pid; error_log ${folder}/error.log;
worker_processes 1; worker_rlimit_nofile 20000;
events { worker_connections 8192; }
http {
  access_log off;
  client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder}; uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  upstream chat { server 127.0.0.1:18081 max_fails=0; server 127.0.0.1:18082 max_fails=0; }
  server {
    listen 127.0.0.1:18080;
    location / {
      proxy_pass http://chat;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection upgrade;
      proxy_set_header Host $host;
      proxy_read_timeout 60s;
    }
  }
}`
  writeFileSync(`${folder}/nginx.conf`, config)
  return execFile('nginx', ['-p', folder, '-c', `${folder}/nginx.conf`])
}

await run(
  async () => {
    const servers = [await start(18_081), await start(18_082)]
    const publisher = fork(here('deploy-server.ts'), ['0', values.redis, room], { execArgv })
    await nextMessage(publisher)
    const nginx = startNginx()
    await sleep(500)
    const clients = fork(here('deploy-clients.ts'), ['ws://127.0.0.1:18080/', values.clients], {
      execArgv,
    })
    await nextMessage(clients)
    const cuts: number[] = []
    for (const [index, port] of [18_081, 18_082].entries()) {
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
    nginx.kill()
    const kind = values.kill ? 'killed with SIGKILL' : 'restarted'
    console.log(
      `${report.clients} clients, both processes ${kind} one after the other, ${published} messages\n`,
    )
    console.log(`clients with a gap or a duplicate: ${report.broken}`)
    console.log(`clients told of a loss: ${report.told.length}`)
    console.log(`clients without the last message: ${report.least < published ? 'some' : 'none'}`)
    for (const cut of cuts) {
      const next = cuts.find((other) => other > cut) ?? Infinity
      const after = report.returns.filter((at) => at >= cut && at < next).map((at) => at - cut)
      console.log(`\n${after.length} came back; seconds after the cut:`)
      for (let from = 0; from < 8000; from += 500) {
        const inside = after.filter((ms) => ms >= from && ms < from + 500).length
        const bar = '#'.repeat(Math.ceil(inside / 5))
        if (inside > 0) console.log(`${(from / 1000).toFixed(1)} ${bar} ${inside}`)
      }
    }
  },
  { handleSignals: false },
)
