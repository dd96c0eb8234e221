// npm run bench:crawl:machines [-- chaos | rate [ROUNDS]]: several processes that crawl into one store on PostgreSQL.
// `chaos` kills one of two by SIGKILL at random moments, again and again, and looks at what the site saw and at what was stored;
// `rate` compares one and two processes with one on SQLite. Writes bench/results/crawl-machines.md. Exit 1 when something is missing,
// stored twice, or a host was asked more than it may be.
import { fork, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openStore } from '@corral/crawl'
import { openPostgres, sql } from '@corral/db'
import { openTestPostgres } from '@corral/db/testing'
import { currentSignal, run, sleep } from 'corral'
import type { HostSeen } from './machines/site.ts'

const file = fileURLToPath(new URL('../results/crawl-machines.md', import.meta.url))
const path = (name: string): string => fileURLToPath(new URL(`machines/${name}`, import.meta.url))
const pages = 20_000
const port = 18_097
const seed = `http://127.0.2.1:${port}/0`
/** What a clock of whole milliseconds may be off by, twice. */
const jitter = 2

interface Done {
  readonly pages: number
  readonly failed: number
  readonly queued: number
  readonly seconds: number
  readonly cpu: number
}

interface Worker {
  readonly child: ChildProcess
  /** What it said, when it has ended; undefined when it was killed. */
  readonly ended: Promise<Done | undefined>
}

async function startSite(hosts: number, slow: number): Promise<ChildProcess> {
  const site = fork(path('site.ts'), [pages, hosts, port, slow].map(String))
  await once(site, 'message', { signal: currentSignal() })
  return site
}

async function seenBy(site: ChildProcess): Promise<HostSeen[]> {
  site.send('tell')
  const [seen] = (await once(site, 'message', { signal: currentSignal() })) as [HostSeen[]]
  return seen
}

function startWorker(store: string, delay: number, perHost: number): Worker {
  const args = ['--conditions=@corral/source', path('worker.ts'), seed, store]
  const child = spawn(process.execPath, [...args, String(delay), String(perHost)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (text: Buffer) => (output += String(text)))
  const ended = once(child, 'exit', { signal: currentSignal() }).then(() =>
    output === '' ? undefined : (JSON.parse(output) as Done),
  )
  return { child, ended }
}

async function chaos(): Promise<{ text: string; good: boolean }> {
  // So few hosts that the crawl lasts for all of the kills.
  const [hosts, delay, perHost, enough] = [20, 50, 2, 10]
  const site = await startSite(hosts, 80)
  await using postgres = await openTestPostgres()
  const store = `${postgres.url}?schema=chaos`
  await using db = await openPostgres(postgres.url, { max: 1 })
  const started = performance.now()
  const kills: { readonly at: number; readonly had: ReadonlySet<string> }[] = []
  const workers = [startWorker(store, delay, perHost), startWorker(store, delay, perHost)]
  const isOver = async (): Promise<boolean> => {
    const [ready] = await db.query(sql`select to_regclass('chaos.tally') as name`)
    if (ready?.['name'] === null) return false
    const rows = await db.query<{ value: bigint }>(
      sql`select value from chaos.tally where name = 'queued'`,
    )
    return rows.length > 0 && rows[0]?.value === 0n
  }
  /** Whether all of them crawl: who is killed leaves one that can take over. */
  const areThere = async (): Promise<boolean> => {
    const [there] = await db.query(sql`select to_regclass('chaos.worker') as name`)
    if (there?.['name'] === null) return false
    const rows = await db.query<{ name: string }>(sql`select name from chaos.worker`)
    return workers.every(({ child }) => rows.some(({ name }) => name.endsWith(` ${child.pid}`)))
  }
  while (kills.length < enough) {
    while (!(await areThere()) && !(await isOver())) await sleep(100)
    if (await isOver()) break
    await sleep(2000 + Math.random() * 3000)
    const at = Math.floor(Math.random() * workers.length)
    const { child, ended } = workers[at] as Worker
    child.kill('SIGKILL')
    const killedAt = Date.now()
    await ended
    const had = await db.query<{ origin: string }>(
      sql`select origin from chaos.origin o join chaos.worker w on w.id = worker_id
          where w.name like ${`% ${child.pid}`} and exists (select 1 from chaos.url where origin_id = o.id and state = 0)`,
    )
    kills.push({ at: killedAt, had: new Set(had.map(({ origin }) => new URL(origin).host)) })
    workers[at] = startWorker(store, delay, perHost)
  }
  const ends = await Promise.all(workers.map(({ ended }) => ended))
  const seconds = (performance.now() - started) / 1000
  const seen = await seenBy(site)
  site.kill()
  {
    // Who was killed last is removed by who comes when its time is over.
    await sleep(7000)
    await using next = await openStore(store)
    await next.claim(1, 1)
  }

  const [stored] = await db.query<Record<string, bigint>>(
    sql`select (select count(*) from chaos.page) as pages, (select count(distinct url) from chaos.url) as urls,
          (select count(*) from chaos.url) as rows, (select count(*) from chaos.url where state = 0) as queued,
          (select count(*) from chaos.failure) as failed, (select value from chaos.tally where name = 'pages') as tally,
          (select count(*) from chaos.link) as links, (select count(*) from chaos.worker) as workers`,
  )
  const of = (name: string): number => Number(stored?.[name])
  const most = Math.max(...seen.map((host) => host.most))
  const shortest = Math.min(...seen.flatMap(({ begun }) => gaps(begun).map(({ ms }) => ms)))
  const lag = Math.max(
    ...seen.flatMap(({ came, begun }) => came.map((at, i) => at - (begun[i] ?? at))),
  )
  const untilAsked = kills.flatMap(({ at, had }, k) =>
    [...had].flatMap((host) => {
      const next = seen.find((each) => each.host === host)?.came.find((came) => came > at)
      // Who took it over was killed as well: then that counts.
      const again = kills
        .slice(k + 1)
        .some((later) => later.had.has(host) && later.at < (next ?? 0))
      return next === undefined || again ? [] : [next - at]
    }),
  )
  const requests = seen.reduce((sum, { came }) => sum + came.length, 0)
  const checks: [what: string, found: string, good: boolean][] = [
    ['kills by SIGKILL', String(kills.length), kills.length === enough],
    [`pages stored of ${pages}`, String(of('pages')), of('pages') === pages],
    ['pages by the tally', String(of('tally')), of('tally') === pages],
    [
      'URLs stored, those stored twice',
      `${of('rows')}, ${of('rows') - of('urls')}`,
      of('rows') === pages && of('urls') === pages,
    ],
    ['failed, queued', `${of('failed')}, ${of('queued')}`, of('failed') + of('queued') === 0],
    ['programs still in the store', String(of('workers')), of('workers') === 0],
    [`requests at a time to a host, of ${perHost}`, String(most), most <= perHost],
    [
      `shortest time between the beginnings of two requests to a host, of ${delay} ms`,
      `${shortest.toFixed(1)} ms`,
      shortest >= delay - jitter,
    ],
    [
      'from a kill until a host of the killed one that had something queued was asked again, at the longest, of 15 s',
      `${(Math.max(...untilAsked) / 1000).toFixed(1)} s; ${untilAsked.length} times`,
      untilAsked.length > 0 && Math.max(...untilAsked) <= 15_000,
    ],
    [
      'ended by themselves',
      String(ends.filter((end) => end !== undefined).length),
      ends.every((end) => end !== undefined),
    ],
  ]
  const again = requests - pages - hosts
  const text = [
    `## Two processes, one of them killed again and again`,
    '',
    `${pages} pages on ${hosts} hosts, a delay of ${delay} ms, ${perHost} requests at a time to a host, answers after up to 80 ms; ` +
      `either process is killed 2 to 5 s after both are there, and started again. ${seconds.toFixed(0)} s in all; ${again} requests were made ` +
      `more than once (a robots.txt for each process and host among them), and one was up to ${lag.toFixed(0)} ms on its way.`,
    '',
    '| | | |',
    '|---|---|---|',
    ...checks.map(([what, found, good]) => `| ${what} | ${found} | ${good ? 'ok' : 'WRONG'} |`),
    '',
  ].join('\n')
  return { text, good: checks.every(([, , good]) => good) }
}

function median(of: readonly number[]): number {
  return of.toSorted((a, b) => a - b)[of.length >> 1] ?? 0
}

/** The times between one and the next. */
function gaps(
  times: readonly number[],
): { readonly from: number; readonly to: number; readonly ms: number }[] {
  const sorted = times.toSorted((a, b) => a - b)
  return sorted.slice(1).map((to, i) => {
    const from = sorted[i] ?? to
    return { from, to, ms: to - from }
  })
}

async function rate(): Promise<{ text: string; good: boolean }> {
  const [hosts, rounds] = [40, Number(process.argv[3] ?? 3)]
  const site = await startSite(hosts, 0)
  await using postgres = await openTestPostgres()
  const home = await mkdtemp(join(tmpdir(), 'corral-machines-'))
  await using db = await openPostgres(postgres.url, { max: 1 })
  const bytesOf = async (store: string): Promise<number> => {
    const schema = URL.parse(store)?.searchParams.get('schema')
    if (schema === undefined || schema === null) return (await stat(store)).size
    return await db.value<number>(
      sql`select sum(pg_total_relation_size(oid))::float8 from pg_class
          where relkind = 'r' and relnamespace = to_regnamespace(${schema})`,
    )
  }
  const found = new Map<string, { rates: number[]; cpu: number[]; bytes: number }>()
  let good = true
  for (let round = 0; round < rounds; round++) {
    const plans: [name: string, store: string, workers: number][] = [
      ['one process, SQLite', join(home, `${round}.db`), 1],
      ['one process, PostgreSQL', `${postgres.url}?schema=one_${round}`, 1],
      ['two processes, PostgreSQL', `${postgres.url}?schema=two_${round}`, 2],
    ]
    for (const [name, store, count] of plans) {
      const workers = Array.from({ length: count }, () => startWorker(store, 0, 8))
      const ends = await Promise.all(workers.map(({ ended }) => ended))
      good &&= ends.every((end) => end?.pages === pages && end.failed === 0)
      const seconds = Math.max(...ends.map((end) => end?.seconds ?? Infinity))
      const entry = found.get(name) ?? { rates: [], cpu: [], bytes: 0 }
      entry.rates.push(pages / seconds)
      entry.cpu.push(ends.reduce((sum, end) => sum + (end?.cpu ?? 0), 0))
      entry.bytes = await bytesOf(store)
      found.set(name, entry)
      console.error(`${name}: ${(pages / seconds).toFixed(0)} pages/s`)
    }
  }
  site.kill()
  await rm(home, { recursive: true, force: true })
  const base = median(found.get('one process, SQLite')?.rates ?? [])
  const rows = [...found].map(([name, { rates, cpu, bytes }]) => {
    const spread = `${Math.min(...rates).toFixed(0)} to ${Math.max(...rates).toFixed(0)}`
    const middle = median(rates)
    const cells = [name, middle.toFixed(0), spread, (middle / base).toFixed(2)]
    return `| ${[...cells, median(cpu).toFixed(1), (bytes / pages).toFixed(0)].join(' | ')} |`
  })
  const text = [
    '## Rate',
    '',
    `${pages} pages on ${hosts} hosts, answered at once, 8 requests at a time to a host; ${rounds === 1 ? 'one round' : `the median of ${rounds} rounds`}, the time from ` +
      `the start of the first crawl to the end of the last. Site, PostgreSQL and crawls share the machine.`,
    '',
    '| | pages/s | from, to | of SQLite | CPU s of the crawls | bytes a page in the store |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
  return { text, good }
}

const head = `# Several processes, one store

Made by \`npm run bench:crawl:machines\`.
`
const which = process.argv[2]
const parts = await run(async () => {
  const made: { text: string; good: boolean; name: string }[] = []
  for (const [name, part] of [
    ['chaos', chaos],
    ['rate', rate],
  ] as const) {
    if (which !== undefined && which !== name) continue
    const load = loadavg()[0] ?? 0
    const { text, good } = await part()
    const machine = `Node ${process.versions.node}, ${cpus().length} cores; load before it ${load.toFixed(1)}.\n`
    made.push({ name, good, text: `<!-- ${name} -->\n\n${text}\n${machine}` })
  }
  return made
})
const before = await readFile(file, 'utf8').catch(() => '')
const kept = new Map(
  before
    .split(/^(?=<!-- )/m)
    .slice(1)
    .map((text) => [/^<!-- (\w+)/.exec(text)?.[1] ?? '', text.trim()]),
)
for (const { name, text } of parts) kept.set(name, text.trim())
await writeFile(file, `${head}\n${[...kept.values()].join('\n\n')}\n`)
for (const { text } of parts) console.log(text)
process.exitCode = parts.every(({ good }) => good) ? 0 : 1
