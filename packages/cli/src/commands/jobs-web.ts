import { openJobsPage } from '../jobs/open-jobs-page.ts'
import { openJobStore, shownPlace } from '../jobs/open-job-store.ts'
import { formatHelp } from '../options/format-help.ts'
import { jobsWebOptions } from '../options/jobs-options.ts'
import { readSettings } from '../options/read-settings.ts'
import { requireNone } from '../options/require-none.ts'
import { print } from '../output/print.ts'

/**
 * Serves the page that shows jobs, until it is interrupted.
 *
 * Cancellation: the page is closed, and the cancellation goes on its way.
 */
export async function jobsWeb(args: readonly string[]): Promise<number> {
  const { values, positionals } = readSettings(jobsWebOptions, args)
  if (values.help) {
    print(
      formatHelp(jobsWebOptions, {
        usage: ['corral jobs web [options]'],
        about:
          'Serves a page that shows jobs and can retry, cancel and pause, on loopback.\n' +
          'Who has its address may use it; nobody else, and no page of another site.',
        examples: [['corral jobs web --jobs jobs.db', 'the jobs of a file']],
      }),
    )
    return 0
  }
  requireNone(positionals)
  await using store = await openJobStore(values.jobs)
  const where = shownPlace(values.jobs)
  const port = values.port === 0 ? undefined : values.port
  await using page = await openJobsPage(store, where, port)
  const { url } = page
  print(values.json ? `${JSON.stringify({ type: 'jobs', url })}\n` : `Jobs of ${where}: ${url}\n`)
  await page.run()
  return 0
}
