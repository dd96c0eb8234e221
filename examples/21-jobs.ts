// Background jobs: added in a transaction, tried again, cancelled while they run, and every night, in virtual time.
// JOBS=postgres://... runs the same on PostgreSQL; redis://... and nats://... run what BullMQ and JetStream can promise.
import { openPostgres, openSqlite, sql } from '@corral/db'
import { job, memoryStore, openJobs, postgresStore, sqliteStore } from '@corral/jobs'
import type { Jobs } from '@corral/jobs'
import { bullmqStore } from '@corral/jobs/bullmq'
import { jetstreamStore } from '@corral/jobs/nats'
import { Event, fixed, run, sleep, taskGroup } from 'corral'
import { testRun } from 'corral/testing'

const mail = job(
  'mail',
  (to: string, { attempt }) => {
    if (attempt === 1) throw new Error('the mail server is busy')
    return `mail to ${to}: sent by attempt ${attempt}`
  },
  { attempts: 3, backoff: fixed(50) },
)

const report = job('report', async () => {
  try {
    await sleep(60_000)
  } finally {
    console.log('report: cleaned up')
  }
})

async function shop(): Promise<void> {
  const url = process.env['JOBS'] ?? ':memory:'
  if (url.startsWith('redis:')) return await withRedis(url)
  if (url.startsWith('nats:')) return await withNats(url)
  await using db = await (url === ':memory:' ? openSqlite(url) : openPostgres(url))
  await using jobs = await openJobs(
    url === ':memory:' ? sqliteStore(db) : postgresStore(db, { url }),
  )
  await db.execute(sql`create table if not exists orders (item text)`)
  await taskGroup(async (group) => {
    const worker = group.spawn(() => jobs.work([mail, report]))

    // The order and its mail: both, or neither.
    const order = async (item: string): Promise<void> => {
      const handle = await db.transaction(async (tx) => {
        await tx.execute(sql`insert into orders values (${item})`)
        const added = await jobs.add(mail, 'ada', { tx })
        if (item === 'nothing') throw new Error('no order, no mail')
        return added
      })
      console.log(await handle.result())
    }
    await order('pen')
    await order('nothing').catch((error: Error) => console.log(error.message))

    await cancelled(jobs)
    worker.cancel()
  })
}

async function cancelled(jobs: Jobs): Promise<void> {
  const handle = await jobs.add(report, undefined)
  for await (const { state } of handle.watch()) if (state === 'running') break
  await handle.cancel()
  await handle
    .result()
    .catch((error: Error) => console.log(error.message.replace(/job \S+/, 'job N')))
}

/** No transaction with a database beside it: an order could be there without its mail. */
async function withRedis(url: string): Promise<void> {
  await using jobs = await openJobs(bullmqStore(url))
  await taskGroup(async (group) => {
    const worker = group.spawn(() => jobs.work([mail, report]))
    console.log(await (await jobs.add(mail, 'ada')).result())
    await cancelled(jobs)
    worker.cancel()
  })
}

/** A work queue, and no more: what became of a job only its worker is told. */
async function withNats(url: string): Promise<void> {
  await using jobs = await openJobs(jetstreamStore(url))
  const done = new Event()
  await taskGroup(async (group) => {
    const worker = group.spawn(() =>
      jobs.work([mail], {
        onEvent(event) {
          if (event.type !== 'trouble') console.log(`${event.kind}: ${event.type}`)
          if (event.type === 'done') done.set()
        },
      }),
    )
    await jobs.add(mail, 'ada')
    await done.wait()
    worker.cancel()
  })
}

async function nights(): Promise<void> {
  const nightly = job('nightly', (_: undefined, { scheduledFor = 0 }) => {
    console.log(`nightly: ${new Date(scheduledFor).toISOString()}`)
  })
  await using jobs = await openJobs(memoryStore())
  await jobs.cron('nightly', '0 3 * * *', nightly, undefined, { timezone: 'Europe/Berlin' })
  await taskGroup(async (group) => {
    const worker = group.spawn(() => jobs.work([nightly]))
    await sleep(3 * 86_400_000)
    worker.cancel()
  })
}

export async function main(): Promise<void> {
  await run(shop)
  // The clocks go back on the second night.
  await testRun(nights, { startTime: Date.UTC(2026, 9, 23, 12) })
}

if (import.meta.main) await main()
