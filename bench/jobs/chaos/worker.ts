// One process of the chaos: works on jobs, or adds them, and writes down what it saw. See run.ts.
import { appendFileSync } from 'node:fs'
import { job, openJobs, postgresStore, sqliteStore } from '@corral/jobs'
import type { Claimed, JobStore, StoreFactory } from '@corral/jobs'
import { run, sleep } from 'corral'

const [place = '', log = '', role = 'work', lease = '15000'] = process.argv.slice(2)

function note(event: string, n: number | string): void {
  const at = performance.timeOrigin + performance.now()
  appendFileSync(log, `${JSON.stringify({ at, event, n, pid: process.pid })}\n`)
}

/** In the midst of a job, so that one is interrupted. */
function dieAtWork(): void {
  if (running > 0) die()
}

function die(): void {
  note('dies', 0)
  process.kill(process.pid, 'SIGKILL')
}

let running = 0

/** Ends the process at a point that is hard to hit from outside. */
function mined(store: JobStore, mine: string): JobStore {
  let calls = 0
  const later = (): boolean => (calls += 1) > 3
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      const method = value.bind(target) as (...args: unknown[]) => Promise<unknown>
      if (mine === 'before-claim' && name === 'claim') {
        return (...args: unknown[]) => (running > 0 && later() ? die() : method(...args))
      }
      if (mine === 'after-claim' && name === 'claim') {
        return async (...args: unknown[]) => {
          const claimed = (await method(...args)) as Claimed
          for (const { payload } of claimed.jobs) note('claimed', Number(payload))
          if (claimed.jobs.length > 0 && later()) die()
          return claimed
        }
      }
      if (mine === 'in-settle' && name === 'settle') {
        return (...args: unknown[]) => {
          if (later()) setTimeout(dieAtWork, Math.random() * 4)
          return method(...args)
        }
      }
      return method
    },
  })
}

const plain = place.startsWith('postgres') ? postgresStore(place, { max: 4 }) : sqliteStore(place)
const factory: StoreFactory = {
  name: plain.name,
  open: async () => mined(await plain.open(), role),
}

export const work = job(
  'work',
  async (n: number) => {
    note('start', n)
    running += 1
    try {
      await sleep(20 + (n % 5) * 10)
      note('end', n)
    } finally {
      running -= 1
    }
  },
  { attempts: 50 },
)

await run(
  async () => {
    await using jobs = await openJobs(factory)
    if (role === 'add') {
      for (let n = 1_000_000; ; n++) {
        await jobs.add(work, n)
        note('added', n)
      }
    }
    await jobs.work([work], {
      concurrency: 4,
      lease: Number(lease),
      onEvent(event) {
        if (event.type === 'trouble') note('trouble', String(event.error))
        if (event.type === 'done' || event.type === 'lost') note(event.type, event.id)
      },
    })
  },
  { grace: 5000 },
)
