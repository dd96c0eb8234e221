import type { JobRecord, JobStore } from '@corral/jobs'
import { now } from 'corral'
import { jobTable } from '../jobs/job-lines.ts'
import { printedJob } from '../jobs/printed-job.ts'
import { openJobStore, requireOf } from '../jobs/open-job-store.ts'
import { formatHelp } from '../options/format-help.ts'
import { jobsListOptions, type JobsListSettings } from '../options/jobs-options.ts'
import { readSettings } from '../options/read-settings.ts'
import { requireNone } from '../options/require-none.ts'
import { print } from '../output/print.ts'
import { jsonLines, printRows } from '../output/print-rows.ts'

/** Jobs that are asked for at a time. */
const block = 500

/** Lists jobs, the newest first. */
export async function jobsLs(args: readonly string[]): Promise<number> {
  const { values, positionals } = readSettings(jobsListOptions, args)
  if (values.help) {
    print(
      formatHelp(jobsListOptions, {
        usage: ['corral jobs ls [options]'],
        about: 'Lists jobs, the newest first.',
        examples: [
          ['corral jobs ls --state dead', 'what has failed for good'],
          ['corral jobs ls --json --limit 100000', 'one object a line'],
        ],
      }),
    )
    return 0
  }
  requireNone(positionals)
  await using store = await openJobStore(values.jobs)
  requireOf(store, 'browse', 'corral jobs ls')
  const json = values.json || !process.stdout.isTTY
  await printRows(jobsOf(store, values), (jobs) =>
    json ? jsonLines(jobs.map(printedJob)) : jobTable(jobs, now()),
  )
  return 0
}

async function* jobsOf(
  store: JobStore,
  { state, queue, kind, limit }: JobsListSettings,
): AsyncGenerator<JobRecord, void> {
  let after: string | undefined
  for (let left = limit; left > 0;) {
    const jobs = await store.list({ state, queue, kind, after, limit: Math.min(left, block) })
    yield* jobs
    if (jobs.length < Math.min(left, block)) return
    left -= jobs.length
    after = jobs.at(-1)?.id
  }
}
