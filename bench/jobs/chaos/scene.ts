import { execFile, spawn as launch } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { declareJob, openJobs, postgresStore, sqliteStore } from '@corral/jobs'
import type { Jobs, StoreFactory } from '@corral/jobs'
import { openTestPostgres } from '@corral/db/testing'
import type { TestPostgres } from '@corral/db/testing'
import { currentSignal, isCancelled, sleep } from 'corral'

const exec = promisify(execFile)
const script = fileURLToPath(new URL('worker.ts', import.meta.url))
const work = declareJob<number>('work', { attempts: 50 })

export type Engine = 'sqlite' | 'postgres'

/** What a process wrote down. */
export interface Note {
  readonly at: number
  readonly event: string
  /** Of a job its input, which is a number of its own; of an outcome the id. */
  readonly n: number | string
  readonly pid: number
}

/** The time that all processes of a machine agree on, in milliseconds. */
export const time = (): number => performance.timeOrigin + performance.now()

/** Something that was done to a worker. */
export interface Fault {
  readonly at: number
  readonly pid: number
  /** Its jobs go on, but their ends do not count any more. */
  readonly cutOff?: boolean
}

export interface Start {
  readonly role?: string
  readonly lease?: number
  readonly preload?: string
  readonly env?: Readonly<Record<string, string>>
  /** Where it finds the store. */
  readonly place?: string
}

/** A store, its workers, and what they wrote down. */
export class Scene implements AsyncDisposable {
  readonly folder: string
  readonly log: string
  readonly place: string
  readonly server: TestPostgres | undefined
  readonly jobs: Jobs
  /** When something was done to which worker. */
  readonly faults: Fault[] = []
  /** What went otherwise than it was to. */
  readonly wrong: string[] = []
  readonly #children: ChildProcess[] = []
  readonly #disk: string | undefined
  #added = 0

  private constructor(
    place: string,
    folder: string,
    jobs: Jobs,
    { server, disk }: { readonly server?: TestPostgres; readonly disk?: string },
  ) {
    this.folder = folder
    this.log = join(folder, 'log')
    this.place = place
    this.server = server
    this.jobs = jobs
    this.#disk = disk
    writeFileSync(this.log, '')
  }

  /** @param size of a disk of its own for SQLite's file, in MB: to mount it takes root */
  static async open(engine: Engine, size?: number): Promise<Scene> {
    const folder = await mkdtemp(join(tmpdir(), 'corral-chaos-'))
    if (engine === 'sqlite') {
      const disk = size === undefined ? undefined : await mount(folder, size)
      const place = join(disk ?? folder, 'jobs.db')
      const jobs = await openJobs(sqliteStore(place))
      return new Scene(place, folder, jobs, disk === undefined ? {} : { disk })
    }
    const server = await openTestPostgres({ url: '' })
    return new Scene(server.url, folder, await openJobs(postgresStore(server.url)), { server })
  }

  /** Returns when it is known as a worker, or adds. */
  async start({ role = 'work', lease, preload, env, place }: Start = {}): Promise<ChildProcess> {
    const flags = preload === undefined ? [] : ['--import', preload]
    const args = [place ?? this.place, this.log, role, String(lease ?? 15_000)]
    const child = launch(
      process.execPath,
      ['--conditions=@corral/source', ...flags, script, ...args],
      { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ...env } },
    )
    this.#children.push(child)
    await until(async () =>
      role === 'add'
        ? this.notes().some(({ pid }) => pid === child.pid)
        : (await this.jobs.workers()).some(({ pid, beats }) => pid === child.pid && beats > 0),
    )
    return child
  }

  /** One that runs jobs, so that it is interrupted. */
  async kill(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await until(() => this.openOf(child.pid).length > 0)
    this.faults.push({ at: time(), pid: child.pid ?? 0 })
    child.kill(signal)
  }

  notes(): Note[] {
    const lines = readFileSync(this.log, 'utf8').split('\n')
    return lines.slice(0, -1).map((line) => JSON.parse(line) as Note)
  }

  /** The jobs that a process had at a time, claimed or begun and not ended. */
  openOf(process: number | undefined, until = Infinity): Note['n'][] {
    const open = new Set<Note['n']>()
    for (const { at, event, n, pid } of this.notes()) {
      if (pid !== process || at > until) continue
      if (event === 'start' || event === 'claimed') open.add(n)
      else if (event === 'end') open.delete(n)
    }
    return [...open]
  }

  async add(count: number): Promise<void> {
    const inputs = Array.from({ length: count }, (_, n) => this.#added + n)
    this.#added += count
    await this.jobs.addMany(work, inputs)
  }

  /** Some have begun. */
  async begun(count = 5): Promise<void> {
    await until(() => this.notes().filter(({ event }) => event === 'start').length >= count)
  }

  /** All jobs have ended. */
  async ended(): Promise<void> {
    await until(async () => {
      try {
        const [queue] = await this.jobs.stats()
        if (queue === undefined) return false
        const { ready, running, later } = queue.counts
        return ready + running + later === 0
      } catch (error) {
        if (isCancelled(error)) throw error
        return false // the store is away
      }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL')
    await this.jobs[Symbol.asyncDispose]()
    await this.server?.[Symbol.asyncDispose]()
    if (this.#disk !== undefined) {
      await exec('umount', ['-l', this.#disk], { signal: currentSignal() })
    }
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function mount(folder: string, size: number): Promise<string> {
  const disk = join(folder, 'disk')
  await mkdir(disk)
  const args = ['-t', 'tmpfs', '-o', `size=${size}m`, 'tmpfs', disk]
  await exec('mount', args, { signal: currentSignal() })
  return disk
}

export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(20)
}

export const storeAt = (place: string): StoreFactory =>
  place.startsWith('postgres') ? postgresStore(place) : sqliteStore(place)
