import { fork } from 'node:child_process'
import { Agent, request } from 'undici'
import { HttpSession } from './src/index.ts'
const child = fork('/tmp/h/bench-server.mjs', { execArgv: [] })
const port = await new Promise<number>((r) => child.once('message', (m) => r(m as number)))
const base = `http://127.0.0.1:${port}/`
const N = 60000,
  C = 100
const session = new HttpSession({ limit: C })
const agent = new Agent({ connections: C })
let next = 0
const which = process.argv[2]
const c = process.cpuUsage()
await Promise.all(
  Array.from({ length: C }, async () => {
    while (next < N) {
      if (which === 'ours') await (await session.get(base + next++)).text()
      else await (await request(base + next++, { dispatcher: agent })).body.text()
    }
  }),
)
const u = process.cpuUsage(c)
console.log(which, ((u.user + u.system) / N).toFixed(1), 'user', (u.user / N).toFixed(1))
await session.close()
await agent.close()
child.kill()
