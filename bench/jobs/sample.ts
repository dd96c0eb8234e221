// One sample in a process of its own: node sample.ts <engine> <scenario> <place> <server pid>. Prints a line of JSON.
import { openPostgres, sql } from '@corral/db'
import { mapConcurrent, run, sleep } from 'corral'
import type { Engine, JobInput } from './engine.ts'
import { cpuOfTree } from './server-cpu.ts'

export interface Sample {
  /** Jobs a second; of `latency`, the median in milliseconds. */
  readonly value: number
  /** Of `latency`: the greatest but one in a hundred. Of `held`: the last sixth to the first. Of `backlog`: a small one. */
  readonly other?: number
  /** Microseconds of CPU a job. */
  readonly client: number
  readonly server: number
}

const [name = '', scenario = '', place = '', server = '0'] = process.argv.slice(2)

/** Each is loaded when it is measured, and no other. */
const engines: Readonly<Record<string, () => Promise<Engine>>> = {
  'corral on PostgreSQL': async () => {
    const { postgresStore } = await import('@corral/jobs')
    return await (await import('./corral-engine.ts')).corralEngine(postgresStore(place))
  },
  'corral on SQLite': async () => {
    const { sqliteStore } = await import('@corral/jobs')
    return await (await import('./corral-engine.ts')).corralEngine(sqliteStore(place))
  },
  'pg-boss': async () => await (await import('./peers/pg-boss.ts')).pgBossEngine(place),
  'graphile-worker': async () => await (await import('./peers/graphile.ts')).graphileEngine(place),
  BullMQ: async () => await (await import('./peers/bullmq.ts')).bullEngine(place),
}

const inputs = (count: number): JobInput[] =>
  Array.from({ length: count }, (_, n) => ({ n, at: 0 }))

/** Adds in blocks, as a program would that has many. */
async function preload(engine: Engine, count: number): Promise<void> {
  for (let left = count; left > 0; left -= 1000) await engine.addMany(inputs(Math.min(1000, left)))
}

/** Works until so many jobs were handled. @returns when each of so many parts was done, in milliseconds */
async function drain(engine: Engine, count: number, parts = 1): Promise<readonly number[]> {
  const done = Promise.withResolvers<void>()
  const times: number[] = []
  let handled = 0
  const started = performance.now()
  const worker = await engine.work(() => {
    handled += 1
    if (handled % Math.floor(count / parts) === 0) times.push(performance.now() - started)
    if (handled === count) done.resolve()
  })
  await done.promise
  await worker.stop()
  return times
}

const scenarios: Readonly<
  Record<
    string,
    (engine: Engine) => Promise<Omit<Sample, 'client' | 'server'> & { readonly jobs: number }>
  >
> = {
  async add(engine) {
    const jobs = 5000
    const started = performance.now()
    await mapConcurrent(inputs(jobs), (input) => engine.add(input), { concurrency: 50 })
    return { jobs, value: (jobs * 1000) / (performance.now() - started) }
  },
  async bulk(engine) {
    const jobs = 20_000
    const started = performance.now()
    await preload(engine, jobs)
    return { jobs, value: (jobs * 1000) / (performance.now() - started) }
  },
  async drain(engine) {
    const jobs = 10_000
    await preload(engine, jobs)
    begin()
    const [took = NaN] = await drain(engine, jobs)
    return { jobs, value: (jobs * 1000) / took }
  },
  async latency(engine) {
    const [jobs, warm] = [300, 50]
    const times: number[] = []
    const done = Promise.withResolvers<void>()
    const worker = await engine.work(({ n, at }) => {
      if (n >= warm) times.push(performance.now() - at)
      if (n === jobs + warm - 1) done.resolve()
    })
    const adding: Promise<void>[] = []
    for (let n = 0; n < jobs + warm; n++) {
      if (n === warm) begin()
      adding.push(engine.add({ n, at: performance.now() }))
      await sleep(10)
    }
    for (const one of adding) await one
    await done.promise
    await worker.stop()
    const sorted = times.toSorted((a, b) => a - b)
    return {
      jobs,
      value: sorted[sorted.length >> 1] ?? NaN,
      other: sorted[Math.floor(sorted.length * 0.99)] ?? NaN,
    }
  },
  /** Somebody holds a snapshot, so that nothing that is dead can be removed. */
  async held(engine) {
    const jobs = 60_000
    await using other = await openPostgres(place, { max: 1 })
    await preload(engine, jobs)
    return await other.transaction(
      async (tx) => {
        await tx.query(sql`select count(*) from pg_class`)
        begin()
        const times = await drain(engine, jobs, 6)
        const took = times.map((time, i) => time - (times[i - 1] ?? 0))
        return {
          jobs,
          value: (jobs * 1000) / (times.at(-1) ?? NaN),
          other: (took[5] ?? NaN) / (took[0] ?? NaN),
        }
      },
      { isolation: 'repeatable read' },
    )
  },
  /** A million jobs wait: 5000 of them, and then 5000 with nothing else there, by a queue of its own. */
  async backlog(engine) {
    const jobs = 5000
    const rate = async (): Promise<number> =>
      (jobs * 1000) / ((await drain(engine, jobs))[0] ?? NaN)
    await preload(engine, jobs * 3) // a worker that stops may have done more than it was to
    await rate()
    const small = await rate()
    await preload(engine, 1_000_000)
    begin()
    return { jobs, value: await rate(), other: small }
  },
}

let cpu = process.cpuUsage()
let serverCpu = 0

/** What was used before does not count. */
function begin(): void {
  cpu = process.cpuUsage()
  serverCpu = server === '0' ? 0 : cpuOfTree(Number(server))
}

await run(async () => {
  const engine = await engines[name]?.()
  const scene = scenarios[scenario]
  if (engine === undefined || scene === undefined) {
    throw new Error(`${name} ${scenario} is not known`)
  }
  begin()
  const { jobs, ...sample } = await scene(engine)
  const { user, system } = process.cpuUsage(cpu)
  const used = server === '0' ? 0 : (cpuOfTree(Number(server)) - serverCpu) * 1000
  process.stdout.write(
    `${JSON.stringify({ ...sample, client: (user + system) / jobs, server: used / jobs })}\n`,
  )
  process.exit()
})
