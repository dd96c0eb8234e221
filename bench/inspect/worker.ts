// A worker of background jobs, to be looked into: jobs are added faster than it works them off.
import { openSqlite } from '@corral/db'
import { job, openJobs, sqliteStore } from '@corral/jobs'
import { run, sleep, taskGroup } from 'corral'

function hotLoop(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end) Math.sqrt(end)
}

const mail = job('mail', async (to: string) => {
  await sleep(30)
  return `sent to ${to}`
})
const report = job('report', async (month: number) => {
  for (let i = 0; i < 10; i++) {
    hotLoop(4)
    await sleep(50)
  }
  return month
})

await run(
  async () => {
    await using db = await openSqlite(':memory:')
    await using jobs = await openJobs(sqliteStore(db))
    await taskGroup(async (group) => {
      group.spawn(() => jobs.work([mail, report], { concurrency: 8 }), { name: 'worker' })
      group.spawn(async function produce() {
        for (let i = 0; ; i++) {
          await jobs.add(mail, `customer ${i}`)
          if (i % 10 === 0) await jobs.add(report, i)
          await sleep(20)
        }
      })
      await sleep(1000)
      process.stdout.write('ready\n')
    })
  },
  { name: 'main' },
)
