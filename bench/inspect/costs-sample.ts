// One sample: `node costs-sample.ts WORK SETTING` prints one number.
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Queue, run, Semaphore, sleep, spawn, taskGroup } from 'corral'
import { instrument } from 'corral/lowlevel'
import type { Recorder } from '@corral/inspect'
import { traceTasks } from './everything.ts'
import { heapUsed } from './heap-used.ts'

const [work = '', setting = ''] = process.argv.slice(2)

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

/** Nanoseconds of this thread for one operation. */
async function perOperation(n: number, act: (n: number) => unknown): Promise<number> {
  for (const warm = cpuMs(); cpuMs() - warm < 1500;) await act(20_000)
  const samples: number[] = []
  for (let spent = 0; spent < 800;) {
    const begun = cpuMs()
    await act(n)
    const used = cpuMs() - begun
    samples.push((used * 1e6) / n)
    spent += used
  }
  return samples.toSorted((a, b) => a - b)[samples.length >> 1] as number
}

async function one(): Promise<number> {
  return 1
}

async function spawnAndJoin(n: number): Promise<void> {
  for (let i = 0; i < n; i++) await spawn(one)
}

/** Two tasks that hand each other a ball: each `get` waits for it. */
async function waits(n: number): Promise<void> {
  const [ping, pong] = [new Queue<number>(), new Queue<number>()]
  const play = async (mine: Queue<number>, theirs: Queue<number>): Promise<void> => {
    for (let i = 0; i < n / 2; i++) {
      await mine.get()
      await theirs.put(i)
    }
  }
  await taskGroup(async (group) => {
    group.spawn(() => play(ping, pong))
    group.spawn(() => play(pong, ping))
    await ping.put(0)
  })
}

/** A hundred tasks that take turns: each turn is a wait, of which the semaphore remembers the holder while somebody looks. */
async function permits(n: number): Promise<void> {
  const semaphore = new Semaphore(1)
  await taskGroup((group) => {
    for (let i = 0; i < 100; i++) {
      group.spawn(async () => {
        for (let turn = 0; turn < n / 100; turn++) {
          await semaphore.use(() => {})
        }
      })
    }
  })
}

async function prepare(): Promise<void> {
  if (setting === 'nothing') return
  const inspect = await import('@corral/inspect')
  if (setting === 'listener') instrument({})
  if (setting === 'recorder') inspect.recorder()
  if (setting === 'watchdog') inspect.watchdog()
  if (setting === 'spans') traceTasks()
}

const works: Record<string, () => Promise<number>> = {
  'spawn+join': () => perOperation(50_000, spawnAndJoin),
  wait: () => perOperation(100_000, waits),
  permit: () => perOperation(100_000, permits),

  async 'log-fields'() {
    const { logFields } = await import('@corral/inspect')
    return spawn(
      () =>
        perOperation(1_000_000, (n) => {
          for (let i = 0; i < n; i++) if (logFields().taskId === -1) throw new Error('never')
        }),
      { name: 'req#41' },
    )
  },

  /** The share of a core that the whole process uses while it waits. */
  async idle() {
    await sleep(1000)
    const before = process.cpuUsage()
    const begun = performance.now()
    await sleep(5000)
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000 / (performance.now() - begun)
  },

  /** What a recorder holds, its names included. */
  bytes: () => recorderBytes(10),
  'bytes-names': () => recorderBytes(3000),

  'write-perfetto': () => written('perfetto'),
  'write-chrome': () => written('chrome'),

  async metrics() {
    const { metrics } = await import('@corral/inspect/prometheus')
    const { Registry } = await import('prom-client')
    const registry = new Registry()
    metrics({ registry })
    return taskGroup(async (group) => {
      for (let i = 0; i < 100_000; i++) group.spawn(() => sleep(1e6), { name: `req#${i}` })
      await sleep(100)
      const begun = cpuMs()
      await registry.metrics()
      const used = cpuMs() - begun
      group.cancel()
      return used
    }) as Promise<number>
  },
}

async function recorderBytes(names: number): Promise<number> {
  const { recorder } = await import('@corral/inspect')
  const record = async (n: number): Promise<Recorder> => {
    const flight = recorder()
    for (let i = 0; i < n; i++) await spawn(one, { name: `request for page ${i % names}` })
    return flight
  }
  const first = await record(50_000) // what the compiler keeps
  first[Symbol.dispose]()
  const before = heapUsed()
  const flight = await record(400_000)
  const held = heapUsed() - before
  if (flight.count < 1e6) throw new Error('nothing was recorded')
  return held
}

async function written(format: 'perfetto' | 'chrome'): Promise<number> {
  const { recorder } = await import('@corral/inspect')
  const flight = recorder()
  for (let i = 0; i < 20_000; i++) await spawn(() => sleep(0), { name: `req#${i}` })
  const file = join(tmpdir(), `corral-bench-${process.pid}`)
  const begun = cpuMs()
  flight.write(file, { format })
  const used = cpuMs() - begun
  rmSync(file)
  return used
}

await prepare()
console.log(await run(() => (works[work] as () => Promise<number>)()))
process.exit(0)
