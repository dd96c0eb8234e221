// npm run bench:jobs:chaos [-- --runs 5 --seconds 60 --engine sqlite]: what goes wrong with workers and their store. Writes bench/results/jobs-chaos-<engine>.md.
import { execFile, spawn as launch } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { declareJob, openJobs, postgresStore, sqliteStore } from '@corral/jobs'
import type { Jobs, StoreFactory } from '@corral/jobs'
import { openPostgres, openSqlite, sql } from '@corral/db'
import { openTestPostgres } from '@corral/db/testing'
import type { TestPostgres } from '@corral/db/testing'
import { currentSignal, isCancelled, moveOnAfter, run, sleep, supervisor } from 'corral'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '60' },
    engine: { type: 'string', default: 'sqlite' },
    only: { type: 'string', default: '' },
  },
})
const exec = promisify(execFile)
const runs = Number(values.runs)
const script = fileURLToPath(new URL('chaos-worker.ts', import.meta.url))
const clock = fileURLToPath(new URL('jumping-clock.ts', import.meta.url))
const work = declareJob<number>('work', { attempts: 50 })
const time = (): number => performance.timeOrigin + performance.now()

interface Note {
  readonly at: number
  readonly event: string
  readonly n: number | string
  readonly pid: number
}

/** A store, its workers, and what they wrote down. */
class Scene implements AsyncDisposable {
  readonly folder: string
  readonly log: string
  readonly place: string
  readonly server: TestPostgres | undefined
  readonly jobs: Jobs
  readonly children: ChildProcess[] = []
  /** When something was done to which worker. */
  readonly faults: { readonly at: number; readonly pid: number }[] = []

  readonly #small: boolean

  private constructor(
    place: string,
    folder: string,
    server: TestPostgres | undefined,
    jobs: Jobs,
    small = false,
  ) {
    this.#small = small
    this.folder = folder
    this.log = join(folder, 'log')
    this.place = place
    this.server = server
    this.jobs = jobs
    writeFileSync(this.log, '')
  }

  /** @param small whether SQLite's file is on a disk of its own, of 32 MB: to mount it takes root */
  static async open(small = false): Promise<Scene> {
    const folder = await mkdtemp(join(tmpdir(), 'corral-chaos-'))
    if (values.engine === 'sqlite') {
      if (small) await mount(folder)
      const place = join(folder, ...(small ? ['disk'] : []), 'jobs.db')
      return new Scene(place, folder, undefined, await openJobs(sqliteStore(place)), small)
    }
    const server = await openTestPostgres({ url: '' })
    return new Scene(server.url, folder, server, await openJobs(postgresStore(server.url)))
  }

  async start(
    role = 'work',
    lease = 15_000,
    preload: readonly string[] = [],
  ): Promise<ChildProcess> {
    const before = this.notes().filter(({ event }) => event === 'ready').length
    const flags = ['--conditions=@corral/source', ...preload.flatMap((file) => ['--import', file])]
    const child = launch(
      process.execPath,
      [...flags, script, this.place, this.log, role, String(lease)],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    )
    this.children.push(child)
    await until(() => this.notes().filter(({ event }) => event === 'ready').length > before)
    return child
  }

  kill(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): void {
    this.fault(child)
    child.kill(signal)
  }

  fault({ pid = 0 }: ChildProcess): void {
    this.faults.push({ at: time(), pid })
  }

  notes(): Note[] {
    const lines = readFileSync(this.log, 'utf8').split('\n')
    return lines.slice(0, -1).map((line) => JSON.parse(line) as Note)
  }

  async add(count: number): Promise<void> {
    await this.jobs.addMany(
      work,
      Array.from({ length: count }, (_, n) => n),
    )
  }

  /** Some have begun. */
  async begun(count = 5): Promise<void> {
    await until(() => this.notes().filter(({ event }) => event === 'start').length >= count)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.children) child.kill('SIGKILL')
    await this.jobs[Symbol.asyncDispose]()
    await this.server?.[Symbol.asyncDispose]()
    if (this.#small) {
      await exec('umount', ['-l', join(this.folder, 'disk')], { signal: currentSignal() })
    }
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function mount(folder: string): Promise<void> {
  const disk = join(folder, 'disk')
  await mkdir(disk)
  const args = ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', disk]
  await exec('mount', args, { signal: currentSignal() })
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(20)
}

const storeAt = (place: string): StoreFactory =>
  place.startsWith('postgres') ? postgresStore(place) : sqliteStore(place)

/** The code of what it throws. */
async function codeOf(act: () => Promise<void>): Promise<string> {
  try {
    await act()
    return 'no error'
  } catch (error) {
    if (isCancelled(error)) throw error
    return (error as { code: string }).code
  }
}

interface Scenario {
  readonly name: string
  /** How late a job that was interrupted may run again, in milliseconds. */
  readonly budget: number
  readonly on?: 'sqlite' | 'postgres'
  /** On a small disk: only root can have one. */
  readonly small?: boolean
  act(scene: Scene): Promise<void>
}

const second = values.engine === 'sqlite' ? 500 : 3000

const scenarios: readonly Scenario[] = [
  ...(['before-claim', 'after-claim', 'in-settle'] as const).map((role) => ({
    name: {
      'before-claim': 'SIGKILL before the claim',
      'after-claim': 'SIGKILL between the claim and the job',
      'in-settle': 'SIGKILL between the end of the job and the commit of its outcome',
    }[role],
    budget: second,
    async act(scene: Scene) {
      await scene.start()
      const doomed = await scene.start(role)
      const gone = new Promise((resolve) => {
        doomed.once('exit', resolve)
      })
      await scene.add(200)
      await gone
      scene.fault(doomed)
    },
  })),
  {
    name: 'SIGKILL in the job',
    budget: second,
    async act(scene) {
      const doomed = await scene.start()
      await scene.start()
      await scene.add(200)
      await scene.begun()
      scene.kill(doomed)
    },
  },
  {
    name: 'SIGKILL in the enqueue',
    budget: Infinity,
    async act(scene) {
      await scene.start()
      const producer = await scene.start('add')
      await scene.begun()
      producer.kill('SIGKILL')
    },
  },
  {
    name: `SIGKILL every 2 s for ${values.seconds} s`,
    budget: second,
    async act(scene) {
      await scene.start()
      let doomed = await scene.start()
      const end = time() + Number(values.seconds) * 1000
      while (time() < end) {
        await scene.add(40)
        await sleep(2000)
        scene.kill(doomed)
        doomed = await scene.start()
      }
    },
  },
  {
    name: 'SIGSTOP for longer than the lease of 2 s, then SIGCONT',
    budget: 2000 + 1000,
    async act(scene) {
      const frozen = await scene.start('work', 2000)
      await scene.start('work', 2000)
      await scene.add(150)
      await scene.begun()
      scene.kill(frozen, 'SIGSTOP')
      await sleep(5000)
      frozen.kill('SIGCONT')
    },
  },
  {
    name: 'the clock of one worker an hour forth, of the other an hour back',
    budget: Infinity,
    async act(scene) {
      process.env['CLOCK'] = '3600000'
      await scene.start('work', 2000, [clock])
      process.env['CLOCK'] = '-3600000'
      await scene.start('work', 2000, [clock])
      delete process.env['CLOCK']
      await scene.add(200)
    },
  },
  {
    name: 'a later version has its tables there for 3 s: what runs goes on, what starts is refused',
    budget: Infinity,
    async act(scene) {
      await scene.start()
      await scene.start()
      await scene.add(200)
      await scene.begun()
      await using db = await (scene.server === undefined
        ? openSqlite(scene.place)
        : openPostgres(scene.place, { max: 1 }))
      await db.execute(sql`update corral_job_meta set version = version + 1`)
      const refused = await codeOf(async () => {
        await using _ = await openJobs(storeAt(scene.place))
      })
      await sleep(3000)
      await db.execute(sql`update corral_job_meta set version = version - 1`)
      if (refused !== 'STORE_VERSION') process.stdout.write(`NOT REFUSED: ${refused}\n`)
      await scene.start()
    },
  },
  {
    name: 'the disk is full for 3 s',
    on: 'sqlite',
    small: true,
    budget: Infinity,
    async act(scene) {
      await scene.start()
      await scene.start()
      await scene.add(800)
      await scene.begun()
      const filler = join(scene.folder, 'disk', 'filler')
      try {
        for (;;) await appendFile(filler, Buffer.alloc(4096))
      } catch (error) {
        if (isCancelled(error)) throw error // otherwise there is no room left
      }
      await sleep(3000)
      const told = scene
        .notes()
        .some(({ event, n }) => event === 'trouble' && /full/.test(String(n)))
      if (!told) process.stdout.write('NO WORKER HAS NOTICED\n')
      await rm(filler)
    },
  },
  {
    name: 'the journal (WAL) is deleted under the workers',
    on: 'sqlite',
    budget: Infinity,
    async act(scene) {
      await scene.start()
      await scene.start()
      await scene.add(200)
      await scene.begun()
      await rm(`${scene.place}-wal`)
    },
  },
  {
    name: 'the server takes no more connections for 5 s, and all backends of workers are terminated',
    on: 'postgres',
    budget: Infinity,
    async act(scene) {
      await scene.start()
      await scene.start()
      await scene.add(200)
      await scene.begun()
      await using admin = await openPostgres(scene.place, { max: 1, applicationName: 'chaos' })
      const most = Number(await admin.value(sql`select current_setting('max_connections')`))
      await using greedy = await openPostgres(scene.place, { max: most, applicationName: 'chaos' })
      await supervisor(
        (group) => {
          for (let i = 0; i < most; i++) group.spawn(() => greedy.query(sql`select pg_sleep(5)`))
          group.spawn(async () => {
            await sleep(1000)
            await admin.query(
              sql`select pg_terminate_backend(pid) from pg_stat_activity
                where application_name like 'corral jobs%'`,
            )
          })
        },
        { onError: () => {} }, // some find no room
      )
    },
  },
  {
    name: 'the server ends at once, and is back after 2 s',
    on: 'postgres',
    budget: Infinity,
    async act(scene) {
      await scene.start()
      await scene.start()
      await scene.add(200)
      await scene.begun()
      await scene.server?.stop()
      await sleep(2000)
      await scene.server?.start()
    },
  },
  {
    name: 'every backend terminated, ten times',
    on: 'postgres',
    budget: Infinity,
    async act(scene) {
      await scene.start()
      await scene.start()
      await scene.add(200)
      await scene.begun()
      await using admin = await openPostgres(scene.place, { max: 1, applicationName: 'chaos' })
      for (let i = 0; i < 10; i++) {
        await admin.query(
          sql`select pg_terminate_backend(pid) from pg_stat_activity
            where application_name like 'corral jobs%'`,
        )
        await sleep(300)
      }
    },
  },
  {
    name: 'a backend of a worker frozen (SIGSTOP) for 3 s',
    on: 'postgres',
    budget: Infinity,
    async act(scene) {
      await scene.start()
      await scene.start()
      await scene.add(200)
      await scene.begun()
      await using admin = await openPostgres(scene.place, { max: 1, applicationName: 'chaos' })
      const pid = await admin.value<number>(
        sql`select pid from pg_stat_activity where application_name = 'corral jobs'
          order by backend_start desc limit 1`,
      )
      process.kill(pid, 'SIGSTOP')
      await sleep(3000)
      process.kill(pid, 'SIGCONT')
    },
  },
  {
    name: 'a transaction idle for 10 s with an old snapshot',
    on: 'postgres',
    budget: Infinity,
    async act(scene) {
      await scene.start()
      await scene.start()
      await using admin = await openPostgres(scene.place, { max: 1, applicationName: 'chaos' })
      await admin.transaction(
        async (tx) => {
          await tx.query(sql`select count(*) from corral_job`)
          await scene.add(400)
          await sleep(10_000)
        },
        { isolation: 'repeatable read' },
      )
    },
  },
]

interface Seen {
  readonly added: number
  readonly ran: number
  readonly once: number
  readonly rerun: number
}

/** Runs a scenario, waits until all is done, and counts. */
async function play({ act, small }: Scenario): Promise<Seen> {
  await using scene = await Scene.open(small)
  await act(scene)
  const { timedOut } = await moveOnAfter(120_000, () =>
    until(async () => {
      try {
        const [queue] = await scene.jobs.stats()
        const counts = queue?.counts
        return counts !== undefined && counts.ready + counts.running + counts.later === 0
      } catch (error) {
        if (isCancelled(error)) throw error
        return false
      }
    }),
  )
  await sleep(200)
  const notes = scene.notes()
  const records = await allJobs(scene.jobs)
  const starts = new Map<string, Note[]>()
  for (const note of notes) {
    if (note.event !== 'start') continue
    starts.set(String(note.n), [...(starts.get(String(note.n)) ?? []), note])
  }
  const ends = new Map<string, number>()
  for (const { event, n } of notes) {
    if (event === 'done') ends.set(String(n), (ends.get(String(n)) ?? 0) + 1)
  }
  const promised = notes.filter(({ event }) => event === 'added').map(({ n }) => String(n))
  const known = new Set(records.map(({ input }) => String(input)))
  if (promised.some((n) => !known.has(n))) process.stdout.write('LOST a promised job\n')
  if (timedOut) process.stdout.write('TIMED OUT\n')
  return {
    added: records.length,
    ran: records.filter(({ input }) => starts.has(String(input))).length,
    once: records.filter(({ id, state }) => state === 'done' && (ends.get(id) ?? 0) <= 1).length,
    rerun: slowest(scene, notes),
  }
}

/** The longest from a fault until a job that its worker had begun, and not ended, has begun elsewhere. */
function slowest({ faults }: Scene, notes: readonly Note[]): number {
  let most = 0
  for (const fault of faults) {
    const open = new Set<Note['n']>()
    for (const { at, event, n, pid } of notes) {
      if (pid !== fault.pid || at > fault.at) continue
      if (event === 'start') open.add(n)
      else if (event === 'end') open.delete(n)
    }
    for (const job of open) {
      const again = notes.find(
        ({ at, event, n, pid }) =>
          event === 'start' && n === job && at > fault.at && pid !== fault.pid,
      )
      if (again !== undefined) most = Math.max(most, again.at - fault.at)
    }
  }
  return most
}

async function allJobs(jobs: Jobs): ReturnType<Jobs['list']> {
  const all: Awaited<ReturnType<Jobs['list']>>[number][] = []
  for (;;) {
    const last = all.at(-1)?.id
    const page = await jobs.list({ limit: 1000, ...(last === undefined ? {} : { after: last }) })
    if (page.length === 0) return all
    all.push(...page)
  }
}

await run(async () => {
  const rows: string[] = []
  for (const scenario of scenarios) {
    if (scenario.on !== undefined && scenario.on !== values.engine) continue
    if (!scenario.name.includes(values.only)) continue
    if (scenario.small === true && process.getuid?.() !== 0) {
      rows.push(`| ${scenario.name}: takes root | | | | | | not tried |`)
      continue
    }
    const seen: Seen[] = []
    for (let i = 0; i < runs; i++) {
      seen.push(await play(scenario))
      process.stdout.write(`${scenario.name}: ${JSON.stringify(seen.at(-1))}\n`)
    }
    const of = (key: keyof Seen): string => seen.map((one) => one[key]).join(' ')
    const slow = Math.max(...seen.map(({ rerun }) => rerun))
    const good = seen.every(({ added, ran, once }) => added === ran && ran === once)
    const inTime = slow <= scenario.budget
    rows.push(
      `| ${scenario.name} | ${of('added')} | ${of('ran')} | ${of('once')} | ${
        slow === 0 ? '-' : `${Math.round(slow)} ms`
      } | ${scenario.budget === Infinity ? '-' : `${scenario.budget} ms`} | ${good && inTime ? 'yes' : 'NO'} |`,
    )
  }
  const [cpu] = cpus()
  const about = `\`npm run bench:jobs:chaos -- --engine ${values.engine}\`, ${new Date()
    .toISOString()
    .slice(
      0,
      10,
    )}, ${runs === 1 ? 'one run' : `${runs} runs in a row`}, Node ${process.version}, ${cpus().length} x ${cpu?.model ?? '?'}, load ${loadavg()[0]?.toFixed(1)} at the end.`
  const table = [
    `# What goes wrong with workers: ${values.engine === 'sqlite' ? 'SQLite' : 'PostgreSQL'}`,
    '',
    about,
    'Jobs of 20 to 60 ms in two processes of four each. Each column has a number for each run; a re-run is counted from the fault until a job that',
    'ran then has begun again, the slowest of all runs.',
    '',
    '| fault | jobs added | run at least once | ended exactly once | slowest re-run | budget | held |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ]
  if (values.only === '') {
    await writeFile(
      new URL(`../results/jobs-chaos-${values.engine}.md`, import.meta.url),
      table.join('\n'),
    )
  }
  process.stdout.write(table.join('\n'))
})
