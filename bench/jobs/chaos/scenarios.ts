import { appendFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openPostgres, openSqlite, sql } from '@corral/db'
import { openJobs } from '@corral/jobs'
import { isCancelled, sleep, supervisor } from 'corral'
import { Route } from '../../harness/route.ts'
import { storeAt, time, until } from './scene.ts'
import type { Engine, Note, Scene } from './scene.ts'

export interface Scenario {
  readonly name: string
  /** How late a job that was interrupted may run again, in milliseconds; without it none needs to be interrupted. */
  readonly budget?: number
  readonly on?: Engine
  /** On a disk of its own, of so many MB: only root can have one. */
  readonly disk?: number
  act(scene: Scene): Promise<void>
}

/** @param seconds how long the faults last that are told to last for a while */
export function scenariosOf(engine: Engine, seconds: number): readonly Scenario[] {
  const all = [...kills(engine, seconds), ...frozen, ...disturbed, ...sqlite, ...postgres(seconds)]
  return all.filter(({ on }) => on === undefined || on === engine)
}

function kills(engine: Engine, seconds: number): readonly Scenario[] {
  const budget = engine === 'sqlite' ? 500 : 3000
  const mined = {
    'before-claim': 'SIGKILL before the claim',
    'after-claim': 'SIGKILL between the claim and the job',
    'in-settle': 'SIGKILL between the end of the job and the commit of its outcome',
  }
  return [
    ...Object.entries(mined).map(([role, name]) => ({
      name,
      budget,
      async act(scene: Scene) {
        await scene.start()
        const doomed = await scene.start({ role })
        const gone = new Promise((resolve) => {
          doomed.once('exit', resolve)
        })
        await scene.add(200)
        await gone
        const died = scene.notes().find(({ event }) => event === 'dies')
        scene.faults.push({ at: died?.at ?? NaN, pid: doomed.pid ?? 0 })
      },
    })),
    {
      name: 'SIGKILL in the job',
      budget,
      async act(scene) {
        const doomed = await scene.start()
        await scene.start()
        await scene.add(200)
        await scene.kill(doomed)
      },
    },
    {
      name: 'SIGKILL in the enqueue',
      async act(scene) {
        await scene.start()
        const producer = await scene.start({ role: 'add' })
        await scene.begun()
        producer.kill('SIGKILL')
      },
    },
    {
      name: `SIGKILL every 2 s for ${seconds} s`,
      budget,
      async act(scene) {
        await scene.start()
        let doomed = await scene.start()
        const end = time() + seconds * 1000
        while (time() < end) {
          await scene.add(400) // what two workers do in 2 s
          await sleep(2000)
          await scene.add(20)
          await scene.kill(doomed)
          doomed = await scene.start()
        }
      },
    },
  ]
}

const lease = 2000

const frozen: readonly Scenario[] = [
  {
    name: 'SIGSTOP for longer than the lease of 2 s, then SIGCONT',
    budget: lease + 1000,
    async act(scene) {
      const stopped = await scene.start({ lease })
      await scene.start({ lease })
      await scene.add(150)
      await scene.kill(stopped, 'SIGSTOP')
      await sleep(5000)
      stopped.kill('SIGCONT')
    },
  },
  {
    name: 'a network that lets nothing pass for longer than the lease of 2 s',
    on: 'postgres',
    budget: lease + 1000,
    async act(scene) {
      const { network, url } = await Route.open(scene.place)
      await using _ = network
      const alone = await scene.start({ lease, place: url })
      await scene.start({ lease })
      await scene.add(150)
      await until(() => scene.openOf(alone.pid).length > 0)
      network.cut()
      scene.faults.push({ at: time(), pid: alone.pid ?? 0, cutOff: true })
      await sleep(5000)
      network.heal()
      await scene.ended()
    },
  },
]

const disturbed: readonly Scenario[] = [
  {
    name: 'the clock of one worker an hour forth, of the other an hour back',
    async act(scene) {
      const preload = new URL('jumping-clock.ts', import.meta.url).href
      await scene.start({ lease, preload, env: { CLOCK: '3600000' } })
      await scene.start({ lease, preload, env: { CLOCK: '-3600000' } })
      await scene.add(200)
    },
  },
  {
    name: 'a later version has its tables there for 3 s: what runs goes on, what starts is refused',
    async act(scene) {
      await working(scene, 200)
      await using db = await (scene.server === undefined
        ? openSqlite(scene.place)
        : openPostgres(scene.place, { max: 1 }))
      await db.execute(sql`update corral_job_meta set version = version + 1`)
      const code = await codeOf(async () => {
        await using _ = await openJobs(storeAt(scene.place))
      })
      await sleep(3000)
      await db.execute(sql`update corral_job_meta set version = version - 1`)
      if (code !== 'STORE_VERSION') scene.wrong.push(`not refused: ${code}`)
      await scene.start()
    },
  },
]

const sqlite: readonly Scenario[] = [
  {
    name: 'the disk is full for 3 s',
    on: 'sqlite',
    disk: 32,
    async act(scene) {
      await working(scene, 800)
      const filler = join(scene.folder, 'disk', 'filler')
      try {
        for (;;) await appendFile(filler, Buffer.alloc(4096))
      } catch (error) {
        if (isCancelled(error)) throw error // otherwise there is no room left
      }
      await sleep(3000)
      if (!scene.notes().some(isFull)) scene.wrong.push('no worker has noticed')
      await rm(filler)
    },
  },
  {
    name: 'the journal (WAL) itself fills the disk, and 3 s after that there is a little room again',
    on: 'sqlite',
    disk: 4,
    async act(scene) {
      const filler = join(scene.folder, 'disk', 'filler')
      await writeFile(filler, Buffer.alloc(1536 * 1024))
      await working(scene, 800)
      await until(() => scene.notes().some(isFull))
      await sleep(3000)
      await rm(filler)
    },
  },
  {
    name: 'the journal (WAL) is deleted under the workers',
    on: 'sqlite',
    async act(scene) {
      await working(scene, 200)
      await rm(`${scene.place}-wal`)
    },
  },
]

const postgres = (seconds: number): readonly Scenario[] => [
  {
    name: 'the server takes no more connections for 5 s, and all backends of workers are terminated',
    on: 'postgres',
    async act(scene) {
      await working(scene, 200)
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
    async act(scene) {
      await working(scene, 200)
      await scene.server?.stop()
      await sleep(2000)
      await scene.server?.start()
    },
  },
  {
    name: 'every backend terminated, ten times',
    on: 'postgres',
    async act(scene) {
      await working(scene, 200)
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
    async act(scene) {
      await working(scene, 200)
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
    name: `a transaction idle for ${seconds} s with an old snapshot`,
    on: 'postgres',
    async act(scene) {
      await scene.start()
      await scene.start()
      await using admin = await openPostgres(scene.place, { max: 1, applicationName: 'chaos' })
      await admin.transaction(
        async (tx) => {
          await tx.query(sql`select count(*) from corral_job`)
          await scene.add(2000)
          await sleep(seconds * 1000)
        },
        { isolation: 'repeatable read' },
      )
    },
  },
]

const isFull = ({ event, n }: Note): boolean => event === 'trouble' && /full/.test(String(n))

/** Two workers at work. */
async function working(scene: Scene, jobs: number): Promise<void> {
  await scene.start()
  await scene.start()
  await scene.add(jobs)
  await scene.begun()
}

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
