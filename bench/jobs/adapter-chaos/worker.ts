// A worker that is killed: node worker.ts <place> <prefix> <log> <lease>. Writes a line for each begin and each end that counted.
import { appendFileSync } from 'node:fs'
import { job, openJobs } from '@corral/jobs'
import { run, sleep } from 'corral'
import { storeOf } from './store-of.ts'

const [place = '', prefix = '', log = '', lease = '2000'] = process.argv.slice(2)

const write = (what: string, id: unknown): void => {
  appendFileSync(log, `${JSON.stringify({ what, id, at: Date.now(), pid: process.pid })}\n`)
}

const work = job(
  'chaos',
  async (n: number) => {
    write('begins', n)
    await sleep(20 + (n % 7) * 20)
    return n
  },
  { attempts: 100, backoff: [0] },
)

await run(
  async () => {
    await using jobs = await openJobs(await storeOf(place, prefix))
    await jobs.work([work], {
      concurrency: 5,
      lease: Number(lease),
      onEvent: (event) => {
        if (event.type === 'done') write('ends', event.id)
        if (event.type === 'trouble') write('trouble', String(event.error))
        if (event.type === 'lost') write('lost', event.id)
      },
    })
  },
  { grace: 10_000 },
)
