import type { JobStore } from '@corral/jobs'
import { formatCount } from '../format/format-count.ts'
import { printable } from '../format/printable.ts'
import { openJobStore, requireOf } from '../jobs/open-job-store.ts'
import { formatHelp, type HelpText } from '../options/format-help.ts'
import { jobsFilterOptions, type JobsFilterSettings } from '../options/jobs-options.ts'
import { readSettings } from '../options/read-settings.ts'
import { requireNone } from '../options/require-none.ts'
import { UsageError } from '../options/usage-error.ts'
import { print } from '../output/print.ts'
import type { RunCommand } from './command.ts'
import { acts } from './jobs-commands.ts'

type Act = keyof typeof acts

/** What a command did: words for people, and as many things as it is about. */
interface Done {
  readonly count: number
  readonly text: string
  /** It could not be done to some. */
  readonly failed?: boolean
}

/** Makes a command that changes jobs or queues. Exit code 1 when something that was named could not be changed. */
export function jobsAct(name: Act): RunCommand {
  return async (args) => {
    const { values, positionals } = readSettings(jobsFilterOptions, args)
    if (values.help) {
      print(formatHelp(jobsFilterOptions, helpOf(name)))
      return 0
    }
    const meant = meantBy(name, positionals, values)
    await using store = await openJobStore(values.jobs)
    requireOf(store, needed[name], `corral jobs ${name}`)
    const { text, count, failed = false } = await act(name, store, meant, values)
    print(
      values.json || !process.stdout.isTTY
        ? `${JSON.stringify({ type: name, count, text })}\n`
        : `${text}\n`,
    )
    return failed ? 1 : 0
  }
}

const needed = {
  retry: 'browse',
  redrive: 'browse',
  cancel: 'cancel',
  pause: 'pause',
  resume: 'pause',
} as const

/** A command that would change everything must have been told so. */
function meantBy(
  name: Act,
  positionals: readonly string[],
  { state, queue, kind }: JobsFilterSettings,
): readonly string[] {
  if (name === 'redrive') {
    requireNone(positionals)
    return []
  }
  if (positionals.length > 0) return positionals
  if (name === 'pause' || name === 'resume') {
    if (queue !== undefined) return [queue]
    throw new UsageError('no queue given; name one')
  }
  if (name === 'retry' && (state ?? queue ?? kind) !== undefined) return []
  throw new UsageError('no job given; corral jobs ls lists their ids')
}

async function act(
  name: Act,
  store: JobStore,
  meant: readonly string[],
  { state, queue, kind }: JobsFilterSettings,
): Promise<Done> {
  switch (name) {
    case 'retry': {
      const ids = meant.length > 0 ? meant : undefined
      const count = await store.retry({ ids, state, queue, kind })
      const failed = ids !== undefined && count < ids.length
      const note = failed ? `; ${ids.length - count} are neither dead nor cancelled` : ''
      return { count, text: `${jobs(count)} ready again${note}`, failed }
    }
    case 'redrive': {
      const count = await store.retry({ state: 'dead', queue, kind })
      return { count, text: `${jobs(count)} ready again` }
    }
    case 'cancel':
      return await cancelAll(store, meant)
    case 'pause':
    case 'resume':
      for (const one of meant) await store.setQueue(one, { paused: name === 'pause' })
      return {
        count: meant.length,
        text: `${meant.map(printable).join(', ')}: ${name === 'pause' ? 'paused' : 'resumed'}`,
      }
  }
}

const became = {
  cancelled: 'cancelled',
  asked: 'asked to end',
  ended: 'had ended already',
  unknown: 'is not known',
} as const

async function cancelAll(store: JobStore, ids: readonly string[]): Promise<Done> {
  const lines: string[] = []
  let count = 0
  for (const id of ids) {
    const outcome = await store.cancel(id)
    if (outcome === 'cancelled' || outcome === 'asked') count += 1
    lines.push(`${printable(id)} ${became[outcome]}`)
  }
  return { count, text: lines.join('\n'), failed: count < ids.length }
}

function jobs(count: number): string {
  return count === 1 ? '1 job is' : `${formatCount(count)} jobs are`
}

function helpOf(name: Act): HelpText {
  const [first = '', ...rest] = acts[name]
  const about = `${first.toUpperCase()}${rest.join('')}.`
  const usage = {
    retry: 'corral jobs retry [options] <id...>',
    cancel: 'corral jobs cancel [options] <id...>',
    pause: 'corral jobs pause [options] <queue...>',
    resume: 'corral jobs resume [options] <queue...>',
    redrive: 'corral jobs redrive [options]',
  }
  const examples: Record<Act, [string, string]> = {
    retry: ['corral jobs retry --state cancelled --queue mail', 'all that were cancelled there'],
    cancel: ['corral jobs cancel 17 18', 'two jobs'],
    pause: ['corral jobs pause mail', 'one queue, until it is resumed'],
    resume: ['corral jobs resume mail', 'one queue'],
    redrive: ['corral jobs redrive --queue mail', 'all dead jobs of a queue'],
  }
  return { usage: [usage[name]], about, examples: [examples[name]] }
}
