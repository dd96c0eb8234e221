// node --conditions=@corral/source bench/app/watchers.ts [--watchers 1000]: the site checker while many look at a check, one of
// whom never reads. Writes bench/results/app-watchers.md.
import { spawn as spawnProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startDemoSite } from '@corral/crawl'
import { openWebSocket } from '@corral/ws'
import { currentSignal, mapConcurrent, now, run, sleep, taskGroup } from 'corral'

const { values } = parseArgs({ options: { watchers: { type: 'string', default: '1000' } } })
const count = Number(values.watchers)
const root = fileURLToPath(new URL('../../', import.meta.url))
const token = 'a-token-of-the-bench'
const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }

await run(async () => {
  await using site = await startDemoSite()
  const folder = await mkdtemp(join(tmpdir(), 'watchers-'))
  const child = spawnProcess(
    process.execPath,
    ['--conditions=@corral/source', `${root}apps/site-checker/src/main.ts`],
    {
      env: {
        ...process.env,
        PORT: '0',
        DATA_DIR: folder,
        TOKENS: `ann:${token}`,
        PRIVATE_SITES: site.url,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  try {
    const [line] = (await once(createInterface(child.stdout), 'line', {
      signal: currentSignal(),
    })) as [string]
    const url = /http:\S+/.exec(line)?.[0] ?? ''
    const ask = async <T>(method: string, path: string, body?: object): Promise<T> => {
      const init = {
        method,
        headers,
        signal: currentSignal(),
        ...(body && { body: JSON.stringify(body) }),
      }
      return (await (await fetch(`${url}/api/${path}`, init)).json()) as T
    }
    const rss = async (): Promise<number> => {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8')
      return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024)
    }
    const { id } = await ask<{ id: string }>('POST', 'sites', { url: site.url })
    const before = await rss()

    const deaf = connect(Number(new URL(url).port), '127.0.0.1')
    deaf.on('error', () => {})
    deaf.pause()
    deaf.write(
      `GET /api/live HTTP/1.1\r\nhost: ${new URL(url).host}\r\n${headers.authorization.replace(/^/, 'authorization: ')}\r\n` +
        'connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    )
    const live = `${url.replace('http', 'ws')}/api/live`
    const sockets = await mapConcurrent(
      Array.from({ length: count }),
      () => openWebSocket(live, { headers }),
      { concurrency: 50 },
    )
    const open = await rss()
    const ends: number[] = []
    let messages = 0
    const begun = now()
    await taskGroup(async (group) => {
      for (const socket of sockets) {
        group.spawn(async () => {
          for await (const text of socket) {
            messages += 1
            const { state } = JSON.parse(String(text)) as { state: string }
            if (state === 'done' || state === 'dead') break
          }
          ends.push(now())
        })
      }
      await ask('POST', `sites/${id}/checks`)
    })
    const busy = await rss()
    ends.sort((a, b) => a - b)
    const spread = Math.round((ends.at(-1) ?? 0) - (ends[0] ?? 0))
    await mapConcurrent(sockets, (socket) => socket.close(), { concurrency: 100 })
    deaf.destroy()
    await sleep(2000)
    const after = await rss()
    child.kill('SIGTERM')
    const [code] = (await once(child, 'exit', { signal: currentSignal() })) as [number | null]
    const page =
      `# The site checker with ${count} who look on\n\n` +
      `Written by \`bench/app/watchers.ts\`: one process on SQLite checks the demo site, ${count} WebSockets get its progress, and one more never reads. ` +
      `Node ${process.versions.node}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)} at the end.\n\n` +
      '| | |\n|---|---|\n' +
      `| saw the check end | ${ends.length} of ${count} |\n` +
      `| messages to all | ${messages} |\n` +
      `| the check took | ${Math.round((ends.at(-1) ?? 0) - begun)} ms |\n` +
      `| from the first to the last who saw its end | ${spread} ms |\n` +
      `| memory: idle, ${count} open, after the check, all gone | ${before}, ${open}, ${busy}, ${after} MB |\n` +
      `| exit code after SIGTERM | ${code} |\n`
    await writeFile(`${root}bench/results/app-watchers.md`, page)
    console.log(page)
  } finally {
    child.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  }
})
