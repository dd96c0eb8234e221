import { now } from 'corral'
import { jobDetails } from '../jobs/job-lines.ts'
import { printedJob, printedStep } from '../jobs/printed-job.ts'
import { openJobStore, requireOf } from '../jobs/open-job-store.ts'
import { formatHelp } from '../options/format-help.ts'
import { jobsOptions } from '../options/jobs-options.ts'
import { readSettings } from '../options/read-settings.ts'
import { requireNone } from '../options/require-none.ts'
import { UsageError } from '../options/usage-error.ts'
import { print } from '../output/print.ts'
import { FailureError } from './failure-error.ts'

/** Shows all that is known of a job. */
export async function jobsShow(args: readonly string[]): Promise<number> {
  const { values, positionals } = readSettings(jobsOptions, args)
  if (values.help) {
    print(
      formatHelp(jobsOptions, {
        usage: ['corral jobs show [options] <id>'],
        about: 'Shows a job: its state, input, result, steps, and each failure with its stack.',
        examples: [['corral jobs show 17', 'the job with the id 17']],
      }),
    )
    return 0
  }
  const [id, ...surplus] = positionals
  if (id === undefined) throw new UsageError('no job given; corral jobs ls lists their ids')
  requireNone(surplus)
  await using store = await openJobStore(values.jobs)
  requireOf(store, 'browse', 'corral jobs show')
  const [job] = await store.list({ ids: [id] })
  if (job === undefined) throw new FailureError(`there is no job ${id}; it may have been removed`)
  const steps = store.capabilities.has('steps') ? await store.steps(id) : []
  print(
    values.json || !process.stdout.isTTY
      ? `${JSON.stringify({ ...printedJob(job), steps: steps.map(printedStep) })}\n`
      : `${jobDetails(job, steps, now()).join('\n')}\n`,
  )
  return 0
}
