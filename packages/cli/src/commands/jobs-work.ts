import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { AnyJob, Job, WorkEvent } from '@corral/jobs'
import { isThere } from '../jobs/is-there.ts'
import { printable } from '../format/printable.ts'
import { jobStoreOf, shownPlace } from '../jobs/open-job-store.ts'
import { formatHelp } from '../options/format-help.ts'
import { jobsWorkOptions } from '../options/jobs-options.ts'
import { readSettings } from '../options/read-settings.ts'
import { requireNone } from '../options/require-none.ts'
import { UsageError } from '../options/usage-error.ts'
import { print } from '../output/print.ts'
import { FailureError } from './failure-error.ts'

/**
 * Works on jobs with the handlers that a module exports, until it is asked to stop: then what runs may end.
 *
 * Cancellation: running jobs are cancelled, cleaned up and given back.
 */
export async function jobsWork(args: readonly string[]): Promise<number> {
  const { values, positionals } = readSettings(jobsWorkOptions, args)
  if (values.help) {
    print(
      formatHelp(jobsWorkOptions, {
        usage: ['corral jobs work [options] <module>'],
        about:
          'Works on jobs with the handlers that a module exports: what job() made.\n' +
          'Ctrl-C or SIGTERM: nothing new is begun, what runs may end.',
        examples: [['corral jobs work handlers.ts --concurrency 20', '20 jobs at a time']],
      }),
    )
    return 0
  }
  const [file, ...surplus] = positionals
  if (file === undefined) throw new UsageError('no module given; name one that exports jobs')
  requireNone(surplus)
  const path = resolve(file)
  if (!(await isThere(path))) throw new FailureError(`there is no ${printable(file)}`)
  const { openJobs, Job } = await import('@corral/jobs')
  const handlers = handlersOf(await import(pathToFileURL(path).href), Job)
  if (handlers.length === 0) {
    throw new FailureError(
      `${printable(file)} exports no job with a handler; export what job() gives`,
    )
  }
  await using jobs = await openJobs(await jobStoreOf(values.jobs))
  const json = values.json || !process.stdout.isTTY
  const names = handlers.map(({ name }) => name)
  print(
    json
      ? `${JSON.stringify({ type: 'working', kinds: names })}\n`
      : `Working on ${names.map(printable).join(', ')} of ${shownPlace(values.jobs)}\n`,
  )
  const { concurrency, grace } = values
  await jobs.work(handlers, {
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(grace === undefined ? {} : { grace }),
    onEvent: (event) => tell(event, json),
  })
  return 0
}

function handlersOf(module: unknown, kind: typeof Job): AnyJob[] {
  const exported = Object.values(module as Readonly<Record<string, unknown>>)
  return exported.filter((value): value is AnyJob => {
    // One that is only declared has none.
    return value instanceof kind && (value as { handler?: unknown }).handler !== undefined
  })
}

/** One line for what ends, and none for what begins: a reader wants to know what became of it. */
function tell(event: WorkEvent, json: boolean): void {
  if (event.type === 'started') return
  if (event.type === 'trouble') {
    const { message } =
      event.error instanceof Error ? event.error : { message: String(event.error) }
    process.stderr.write(`corral jobs work: ${printable(message)}; it goes on, and tries again\n`)
    return
  }
  if (json) {
    print(`${JSON.stringify(event)}\n`)
    return
  }
  const { type, id, kind, took } = event
  const why = 'failure' in event ? `: ${event.failure.name}: ${event.failure.message}` : ''
  print(`${words[type]} ${printable(kind)} ${id}, ${Math.round(took)} ms${printable(why)}\n`)
}

const words = {
  done: 'done',
  failed: 'dead',
  retries: 'failed, will be tried again:',
  cancelled: 'cancelled',
  sleeps: 'sleeps',
  'given-back': 'given back',
  lost: 'lost',
} as const
