// node --conditions=@corral/source bench/app/chaos.ts [--only soak] [--checks 10000] [--write]: the site checker among hostile
// sites, with its processes and its database ended under it, and for long. Writes bench/results/app-chaos.md; 30 minutes.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openTestPostgres } from '@corral/db/testing'
import type { TestPostgres } from '@corral/db/testing'
import { openJobs, postgresStore } from '@corral/jobs'
import type { JobInfo, Jobs } from '@corral/jobs'
import { openWebSocket } from '@corral/ws'
import { cancellable, mapConcurrent, moveOnAfter, now, run, sleep, taskGroup } from 'corral'
import { clientOf } from '../../apps/site-checker/test/client-of.ts'
import type { Client } from '../../apps/site-checker/test/client-of.ts'
import { openSite, slowPages } from '../../apps/site-checker/test/site.ts'
import type { Site } from '../../apps/site-checker/test/site.ts'
import { spawnChecker } from '../../apps/site-checker/test/spawn-checker.ts'
import type { SpawnedChecker } from '../../apps/site-checker/test/spawn-checker.ts'
import { hostileContent } from '../../packages/crawl/test/hostile/hostile-content.ts'
import { serveHostileCase } from '../../packages/crawl/test/hostile/hostile-server.ts'
import { hostileTransport } from '../../packages/crawl/test/hostile/hostile-transport.ts'
import { soak } from './soak.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    checks: { type: 'string', default: '10000' },
    write: { type: 'boolean', default: false },
  },
})

/** What was seen, in words, and whether it is as it must be. */
export interface Outcome {
  readonly seen: string
  readonly good: boolean
}

interface Listed {
  readonly id: string
  readonly url: string
  readonly running: { readonly progress?: { readonly pages: number } } | null
  readonly last: { readonly id: string; readonly pages: number } | null
}

async function until<T>(
  look: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    await sleep(50)
  }
}

async function add(ask: Client, url: string, more: object = {}): Promise<string> {
  const { status, body } = await ask<Listed>('POST', 'sites', { url, ...more })
  if (status !== 201) throw new Error(`${url} was not taken: ${status}`)
  return body.id
}

const list = async (ask: Client): Promise<Listed[]> => (await ask<Listed[]>('GET', 'sites')).body

const memoryOf = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024)
}

/** A folder and the processes in it; a database that may be ended, for those that share one. */
class Scene implements AsyncDisposable {
  readonly #env: Readonly<Record<string, string>>
  readonly #started: SpawnedChecker[] = []
  readonly folder: string
  readonly server: TestPostgres | undefined

  private constructor(
    folder: string,
    server: TestPostgres | undefined,
    env: Record<string, string>,
  ) {
    this.folder = folder
    this.server = server
    this.#env = { ...env, DATA_DIR: folder, ...(server && { DATABASE_URL: server.url }) }
  }

  static async open(
    engine: 'sqlite' | 'postgres',
    sites: readonly { readonly url: string }[],
    env: Record<string, string> = {},
  ): Promise<Scene> {
    const folder = await mkdtemp(join(tmpdir(), 'app-chaos-'))
    const server = engine === 'postgres' ? await openTestPostgres({ url: '' }) : undefined
    return new Scene(folder, server, {
      MAX_SITES: '1000',
      PRIVATE_SITES: sites.map(({ url }) => url).join(','),
      ...env,
    })
  }

  async start(
    role = 'all',
    env: Record<string, string> = {},
  ): Promise<SpawnedChecker & { url: string }> {
    const started = spawnChecker({ ...this.#env, ...env }, role)
    this.#started.push(started)
    return { ...started, url: await cancellable(started.ready) }
  }

  /** The jobs of the database, seen from beside. */
  jobs(): Promise<Jobs> {
    return openJobs(postgresStore(this.server?.url ?? ''))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const started of this.#started) await started[Symbol.asyncDispose]()
    await this.server?.[Symbol.asyncDispose]()
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function allChecks(jobs: Jobs): Promise<readonly JobInfo[]> {
  return jobs.list({ kind: 'check', limit: 1000 })
}

/** Every site has a check that ended, or it took too long. */
async function allChecked(ask: Client, limit: number): Promise<Listed[]> {
  const result = await moveOnAfter(limit, () =>
    until(async () => {
      const sites = await list(ask)
      return sites.every(({ last, running }) => last !== null && running === null) && sites
    }),
  )
  return result.timedOut ? list(ask) : result.value
}

async function hostileSites(): Promise<Outcome> {
  const cases = [...hostileTransport, ...hostileContent].filter(
    ({ address }) => address === undefined,
  )
  await using open = new AsyncDisposableStack()
  const sites = []
  for (const one of cases) sites.push(open.use(await serveHostileCase(one)))
  await using scene = await Scene.open('sqlite', sites, { MAX_PAGES: '200' })
  const { url, pid } = await scene.start()
  const ask = clientOf(url)
  const ids: string[] = []
  for (const site of sites) ids.push(await add(ask, site.url))
  let memory = 0
  const times: number[] = []
  const begun = now()
  let ended: Listed[] = []
  await taskGroup(async (group) => {
    const watcher = group.spawn(async () => {
      for (;;) {
        const asked = now()
        await ask('GET', 'me')
        times.push(now() - asked)
        memory = Math.max(memory, await memoryOf(pid))
        await sleep(50)
      }
    })
    for (const id of ids) await ask('POST', `sites/${id}/checks`)
    ended = await allChecked(ask, 600_000)
    watcher.cancel()
  })
  times.sort((a, b) => a - b)
  const done = ended.filter(({ last }) => last !== null)
  const left = ended
    .filter(({ last }) => last === null)
    .map((site) => cases[ids.indexOf(site.id)]?.name)
  const at = (part: number): string => (times[Math.floor(times.length * part)] ?? 0).toFixed(0)
  return {
    seen: `${done.length} of ${cases.length} checks ended${left.length > 0 ? ` (not: ${left.join(', ')})` : ''} in ${Math.round((now() - begun) / 1000)} s; meanwhile the API answered ${times.length} times, half within ${at(0.5)} ms, 99 % within ${at(0.99)} ms, the slowest in ${(times.at(-1) ?? 0).toFixed(0)} ms; memory at most ${memory} MB`,
    good: done.length === cases.length && memory < 700,
  }
}

async function insideSites(): Promise<Outcome> {
  await using inside = await openSite({ '/': '<title>secret' })
  await using outside = await openSite({ '/': { redirect: inside.url }, '/a': '<title>a' })
  await using scene = await Scene.open('sqlite', [outside])
  const ask = clientOf((await scene.start()).url)
  const { port } = new URL(inside.url)
  const names = [
    '127.0.0.1',
    'localhost',
    '0.0.0.0',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '2130706433',
    '0x7f.1',
    '127.1',
  ]
  const urls = [
    ...names.map((name) => `http://${name}:${port}/`),
    'http://169.254.169.254/',
    'http://[fd00::1]/',
    outside.url,
  ]
  const taken: string[] = []
  for (const url of urls) {
    const { status, body } = await ask<Listed>('POST', 'sites', { url, webhook: inside.url })
    if (status === 201) taken.push(body.id)
  }
  for (const id of taken) await ask('POST', `sites/${id}/checks`)
  const sites = await allChecked(ask, 120_000)
  const done = sites.filter(({ last }) => last !== null).length
  await sleep(3000) // the webhooks have been tried
  return {
    seen: `${urls.length} URLs of this network, in all spellings, and a redirect there, each with a webhook there: ${done} of ${taken.length} checks ended, the address inside was asked ${inside.asked + inside.posted.length} times`,
    good: done === taken.length && inside.asked + inside.posted.length === 0,
  }
}

/** Asks whichever of the addresses takes a connection, as a balancer does; a GET that is reset is asked again, a POST is not. */
class Balanced {
  readonly urls: string[] = []
  readonly failures = new Map<string, number>()
  asked = 0
  refused = 0
  reset = 0

  async ask(method: string, path: string, body?: unknown): Promise<unknown> {
    this.asked += 1
    for (const url of this.urls.toSorted(() => Math.random() - 0.5)) {
      try {
        const answer = await clientOf(url)(method, path, body)
        if (answer.status >= 400) this.#failed(`${method} ${path}: ${answer.status}`)
        return answer.body
      } catch (error) {
        const cause =
          error instanceof Error ? (error.cause as { code?: string } | undefined) : undefined
        if (cause?.code === 'ECONNRESET' && method === 'GET') {
          this.reset += 1
        } else if (cause?.code !== 'ECONNREFUSED') {
          this.#failed(`${method} ${path}: ${cause?.code ?? String(error)}`)
          return undefined
        }
        if (cause?.code === 'ECONNREFUSED') this.refused += 1
      }
    }
    this.#failed('nobody takes a connection')
    return undefined
  }

  #failed(what: string): void {
    this.failures.set(what, (this.failures.get(what) ?? 0) + 1)
  }

  get failed(): number {
    return this.failures.values().reduce((sum, n) => sum + n, 0)
  }
}

/** Sites that take some seconds to check, and how often each of their pages was asked for. */
async function slowSites(
  count: number,
  pages: number,
  after: number,
): Promise<
  AsyncDisposable & {
    readonly sites: readonly Site[]
    readonly asked: readonly Map<string, number>[]
  }
> {
  const open = new AsyncDisposableStack()
  const asked: Map<string, number>[] = []
  const sites: Site[] = []
  for (let i = 0; i < count; i++) {
    const own = new Map<string, number>()
    asked.push(own)
    sites.push(
      open.use(
        await openSite(slowPages(pages, after), (path) => own.set(path, (own.get(path) ?? 0) + 1)),
      ),
    )
  }
  return { sites, asked, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

async function restarts(): Promise<Outcome> {
  await using slow = await slowSites(12, 100, 200)
  await using scene = await Scene.open('postgres', slow.sites)
  const apis = [await scene.start('api'), await scene.start('api')]
  const workers = [await scene.start('worker'), await scene.start('worker')]
  const balanced = new Balanced()
  balanced.urls.push(...apis.map(({ url }) => url))
  const ids: string[] = []
  for (const { url } of slow.sites) ids.push(await add(clientOf(apis[0]?.url ?? ''), url))
  let codes = 0
  let longest = 0
  const rounds = 4
  await taskGroup(async (group) => {
    const clients = [0, 1, 2, 3, 4, 5].map((n) =>
      group.spawn(async () => {
        for (let i = n; ; i++) {
          const id = ids[Math.floor(i / 3) % ids.length] ?? ''
          const task = [
            () => balanced.ask('GET', 'sites'),
            () => balanced.ask('POST', `sites/${id}/checks`),
            () => balanced.ask('GET', `sites/${id}/checks`),
          ][i % 3]
          await task?.()
          await sleep(10)
        }
      }),
    )
    for (let round = 0; round < rounds; round++) {
      for (const [kind, processes] of [
        ['api', apis],
        ['worker', workers],
      ] as const) {
        await sleep(1500)
        const which = round % 2
        const old = processes[which]
        const began = now()
        old?.kill('SIGTERM')
        if ((await cancellable(old?.ended ?? Promise.resolve(0))) !== 0) codes += 1
        longest = Math.max(longest, now() - began)
        const fresh = await scene.start(kind)
        processes[which] = fresh
        if (kind === 'api') balanced.urls[which] = fresh.url
      }
    }
    for (const client of clients) client.cancel()
  })
  const ended = await allChecked(clientOf(apis[0]?.url ?? ''), 120_000)
  await using jobs = await scene.jobs()
  const checks = await allChecks(jobs)
  const counted = checks.filter(({ attempt }) => attempt > 1).length
  const given = checks.filter(({ run: runs }) => runs > 1).length
  const whole = ended.filter(({ last }) => last?.pages === 101).length
  const dead = checks.filter(({ state }) => state === 'dead').length
  for (const failure of balanced.failures) console.log(failure)
  return {
    seen: `${2 * rounds} restarts, ${rounds} of each kind, longest stop ${Math.round(longest)} ms, ${codes} exit codes other than 0; ${balanced.asked} requests, ${balanced.failed} failed (${balanced.refused} connections refused and made elsewhere, ${balanced.reset} GETs reset and asked again); ${checks.length} checks, ${given} of them given back and taken on, ${counted} with an attempt that counted, ${dead} dead; ${whole} of ${ended.length} last checks have all pages`,
    good:
      balanced.failed === 0 &&
      codes === 0 &&
      dead === 0 &&
      counted === 0 &&
      given > 0 &&
      whole === ended.length,
  }
}

async function killed(): Promise<Outcome> {
  const gaps: number[] = []
  let [whole, again] = [0, 0]
  const runs = 5
  for (let i = 0; i < runs; i++) {
    await using slow = await slowSites(1, 150, 100)
    const [site] = slow.sites as [Site]
    await using scene = await Scene.open('postgres', slow.sites)
    const api = await scene.start('api')
    const first = await scene.start('worker')
    const ask = clientOf(api.url)
    const id = await add(ask, site.url)
    await ask('POST', `sites/${id}/checks`)
    await until(() => site.asked > 20)
    await scene.start('worker')
    await until(() => site.asked > 30)
    first.kill('SIGKILL')
    await cancellable(first.ended)
    await sleep(150) // what it had sent has arrived
    const since = now() - 150
    const { asked } = site
    await until(() => site.asked > asked)
    gaps.push(now() - since)
    console.log(`goes on after ${Math.round(now() - since)} ms`)
    const [end] = await allChecked(ask, 60_000)
    if (end?.last?.pages === 151) whole += 1
    again = Math.max(again, [...(slow.asked[0]?.values() ?? [])].filter((n) => n > 1).length)
  }
  return {
    seen: `another worker goes on after ${gaps.map((gap) => (gap / 1000).toFixed(1)).join(', ')} s; ${whole} of ${runs} checks have all 151 pages; at most ${again} URLs were asked for twice`,
    good: gaps.every((gap) => gap < 5000) && whole === runs && again <= 9,
  }
}

async function twoWorkers(): Promise<Outcome> {
  await using slow = await slowSites(16, 40, 50)
  await using scene = await Scene.open('postgres', slow.sites)
  const api = await scene.start('api')
  await scene.start('worker')
  await scene.start('worker')
  const ask = clientOf(api.url)
  const ids: string[] = []
  for (const { url } of slow.sites) ids.push(await add(ask, url))
  await mapConcurrent([...ids, ...ids], (id) => ask('POST', `sites/${id}/checks`), {
    concurrency: 8,
  })
  const ended = await allChecked(ask, 120_000)
  await using jobs = await scene.jobs()
  const checks = await allChecks(jobs)
  const workers = new Set(checks.map(({ worker }) => worker)).size
  const whole = ended.filter(({ last }) => last?.pages === 41).length
  const twice = slow.asked.flatMap((own) => [...own.values()]).filter((n) => n > 1).length
  return {
    seen: `16 sites, each asked for twice at the same time: ${checks.length} checks by ${workers} workers, ${whole} with all pages, ${twice} pages asked for twice`,
    good: checks.length === 16 && workers === 2 && whole === 16 && twice === 0,
  }
}

async function frozen(): Promise<Outcome> {
  await using slow = await slowSites(1, 100, 100)
  const [site] = slow.sites as [Site]
  await using scene = await Scene.open('postgres', slow.sites)
  const api = await scene.start('api')
  const first = await scene.start('worker')
  const ask = clientOf(api.url)
  const id = await add(ask, site.url)
  await ask('POST', `sites/${id}/checks`)
  await until(() => site.asked > 20)
  await scene.start('worker')
  first.kill('SIGSTOP')
  const { asked } = site
  await sleep(25_000)
  const meanwhile = site.asked - asked
  first.kill('SIGCONT')
  const [end] = await allChecked(ask, 120_000)
  await sleep(2000)
  const { body: history } = await ask<unknown[]>('GET', `sites/${id}/checks`)
  return {
    seen: `${meanwhile} requests by the other while it was frozen; the check ended ${history.length} time, with ${end?.last?.pages ?? 0} of 101 pages; the frozen one ${first.said().includes("another's now") ? 'says that it lost it' : 'says nothing'}`,
    good: history.length === 1 && end?.last?.pages === 101,
  }
}

async function databaseRestarted(): Promise<Outcome> {
  await using slow = await slowSites(4, 150, 100)
  await using scene = await Scene.open('postgres', slow.sites)
  const api = await scene.start('api')
  const workers = [await scene.start('worker'), await scene.start('worker')]
  const ask = clientOf(api.url)
  const ids: string[] = []
  for (const { url } of slow.sites) ids.push(await add(ask, url))
  const headers = { authorization: 'Bearer ann-has-this-token' }
  await using watching = await openWebSocket(`${api.url.replace('http', 'ws')}/api/live`, {
    headers,
  })
  const heard = new Set<string>()
  const statuses = new Map<string, number>()
  let back = 0
  let ended: Listed[] = []
  await taskGroup(async (group) => {
    const listener = group.spawn(async () => {
      for await (const text of watching) {
        const { site, state } = JSON.parse(String(text)) as { site: string; state: string }
        if (state === 'done') heard.add(site)
      }
    })
    for (const id of ids) await ask('POST', `sites/${id}/checks`)
    await until(() => slow.sites.every(({ asked }) => asked > 20))
    const stopped = now()
    const client = group.spawn(async () => {
      for (;;) {
        const asked = await moveOnAfter(10_000, () => cancellable(ask('GET', 'sites')))
        const name = asked.timedOut ? 'nothing within 10 s' : String(asked.value.status)
        statuses.set(name, (statuses.get(name) ?? 0) + 1)
        await sleep(50)
      }
    })
    await scene.server?.stop()
    await sleep(3000)
    await scene.server?.start()
    const started = now()
    await until(async () => (await ask('GET', 'sites')).status === 200)
    back = now() - started
    ended = await allChecked(ask, 120_000)
    await moveOnAfter(10_000, () => until(() => heard.size === 4))
    console.log(`down for ${Math.round(started - stopped)} ms`)
    client.cancel()
    listener.cancel()
  })
  const whole = ended.filter(({ last }) => last?.pages === 151).length
  const codes: (number | NodeJS.Signals)[] = []
  for (const process of [api, ...workers]) {
    process.kill('SIGTERM')
    codes.push(await cancellable(process.ended))
  }
  return {
    seen: `the API answered ${[...statuses].map(([status, n]) => `${status} ${n} times`).join(', ')}, and 200 ${Math.round(back)} ms after the server was back; ${whole} of 4 checks have all pages; a WebSocket that stayed open heard the end of ${heard.size} of 4; exit codes ${codes.join(', ')}`,
    good: whole === 4 && heard.size === 4 && codes.every((code) => code === 0),
  }
}

async function slowWatcher(): Promise<Outcome> {
  await using slow = await slowSites(20, 60, 50)
  await using scene = await Scene.open('sqlite', slow.sites)
  const { url, pid } = await scene.start()
  const ask = clientOf(url)
  const ids: string[] = []
  for (const site of slow.sites) ids.push(await add(ask, site.url))
  const deaf = Array.from({ length: 20 }, () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.on('error', () => {})
    socket.pause()
    socket.write(
      `GET /api/live HTTP/1.1\r\nhost: ${new URL(url).host}\r\nauthorization: Bearer ann-has-this-token\r\n` +
        'connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    )
    return socket
  })
  const headers = { authorization: 'Bearer ann-has-this-token' }
  await using watching = await openWebSocket(`${url.replace('http', 'ws')}/api/live`, { headers })
  const heard = new Set<string>()
  const before = await memoryOf(pid)
  await taskGroup(async (group) => {
    group.spawn(async () => {
      for await (const text of watching) {
        const { site, state } = JSON.parse(String(text)) as { site: string; state: string }
        if (state === 'done' && heard.add(site).size === ids.length) break
      }
    })
    for (const id of ids) await ask('POST', `sites/${id}/checks`)
  })
  const ended = await allChecked(ask, 60_000)
  const after = await memoryOf(pid)
  for (const socket of deaf) socket.destroy()
  const whole = ended.filter(({ last }) => last?.pages === 61).length
  return {
    seen: `20 sockets that never read beside one that does: it heard the end of ${heard.size} of ${ids.length} checks, ${whole} have all pages; memory ${before} MB before, ${after} MB after`,
    good: heard.size === ids.length && whole === ids.length,
  }
}

const faults: readonly (readonly [string, () => Promise<Outcome>])[] = [
  ['hostile: every site of the hostile suite', hostileSites],
  ['inside: URLs, redirects and webhooks into this network', insideSites],
  ['SIGTERM of API and worker under load, in turn', restarts],
  ['SIGKILL of the worker in a check', killed],
  ['two workers at once', twoWorkers],
  ['SIGSTOP of the worker for longer than its lease, then SIGCONT', frozen],
  ['database ended, and back after 3 s', databaseRestarted],
  ['slow watchers', slowWatcher],
  ['soak', () => soak(Number(values.checks))],
]

const page = new URL('../results/app-chaos.md', import.meta.url)

/** Puts a row into the page, in place of what it said of the same fault. */
async function write(name: string, row: string): Promise<void> {
  const before = await readFile(page, 'utf8').catch(() => '')
  const rows = before.split('\n').filter((line) => line.startsWith('| '))
  const own = (fault: string): string | undefined =>
    fault === name ? row : rows.find((line) => line.startsWith(`| ${fault} |`))
  const table = faults.map(([fault]) => own(fault)).filter((line) => line !== undefined)
  await writeFile(
    page,
    `# What goes wrong around the site checker\n\nWritten by \`bench/app/chaos.ts --write\`. Node ${process.versions.node}, ${cpus().length} cores with other work on them; the load at the\n` +
      'end of each. Where there are several processes they share a PostgreSQL; one process is on SQLite.\n\n' +
      `| fault | what came of it | load | held |\n| --- | --- | --- | --- |\n${table.join('\n')}\n`,
  )
}

await run(async () => {
  for (const [name, fault] of faults) {
    if (!name.includes(values.only)) continue
    const begun = now()
    const { seen, good } = await fault()
    const row = `| ${name} | ${seen} | ${loadavg()[0]?.toFixed(1)} | ${good ? 'yes' : 'NO'} |`
    console.log(`${row}  (${Math.round((now() - begun) / 1000)} s)`)
    if (values.write) await write(name, row)
    if (!good) process.exitCode = 1
  }
})
