import {
  attach,
  AttachError,
  knotsOf,
  Redactor,
  type Attached,
  type Reading,
} from '@corral/inspect/attach'
import { psOptions } from '../inspect/inspect-options.ts'
import { processArgument } from '../inspect/process-arguments.ts'
import { tellSlow } from '../inspect/tell-slow.ts'
import { psText, type PsView } from '../inspect/ps-text.ts'
import { formatHelp } from '../options/format-help.ts'
import { parseOptions } from '../options/parse-options.ts'
import { print } from '../output/print.ts'
import { fitLines } from '../inspect/fit-lines.ts'

/** Shows the tasks of a running process: what they wait for, who holds it, where they stand. */
export async function psCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(psOptions, args)
  if (values.help) {
    print(help())
    return 0
  }
  const pid = processArgument(positionals)
  const { wait, stacks, redact, json, all } = values
  using target = await attach(pid, { wait, workers: true, onSlow: tellSlow })
  const view = await viewOf(target, stacks, redact)
  if (json) print(`${JSON.stringify(toJson(view))}\n`)
  else print(`${fitLines(psText(view, all), process.stdout).join('\n')}\n`)
  return 0
}

async function viewOf(target: Attached, stacks: number, redact: boolean): Promise<PsView> {
  const { pid, inspectorOpen } = target
  const whole = target.blocked ?? (await target.read())
  const here = target.workers.some(({ reading }) => (reading?.copies.length ?? 0) > 0)
  if (whole.copies.length === 0 && !here) {
    throw new AttachError('NO_CORRAL', `process ${pid} does not use corral`)
  }
  const refs = target.blocked === undefined ? longestWaiters(whole, stacks) : []
  const lines = refs.length > 0 ? await target.stacks(refs) : []
  const redactor = redact ? new Redactor() : undefined
  return {
    pid,
    blocked: target.blocked !== undefined,
    inspectorOpen,
    hello: redactor?.hello(target.hello) ?? target.hello,
    reading: redactor?.reading(whole) ?? whole,
    stacks: new Map(refs.map((ref, i) => [ref, lines[i] ?? []])),
    workers: target.workers.map((worker) => ({
      ...worker,
      hello: worker.hello && (redactor?.hello(worker.hello) ?? worker.hello),
      reading: worker.reading && (redactor?.reading(worker.reading) ?? worker.reading),
    })),
  }
}

/** Those whose stack says most: the longest waiter of each wait of each group, then all others. */
function longestWaiters({ groups, rows }: Reading, most: number): number[] {
  const chosen = new Set<number>()
  const waits = groups.flatMap((group) => group.waits).toSorted((a, b) => a.since - b.since)
  for (const { task } of waits) {
    if (chosen.size < most) chosen.add(task)
  }
  if (chosen.size < most) {
    const others = rows.filter((row) => row.waits.length > 0)
    for (const { ref } of others) {
      if (chosen.size < most) chosen.add(ref)
    }
  }
  return [...chosen]
}

/** The version changes when a field goes or changes its meaning. */
function toJson(view: PsView): object {
  const { pid, hello, blocked, inspectorOpen, reading, stacks, workers } = view
  return {
    version: 1,
    pid,
    blocked,
    inspectorOpen,
    process: hello,
    ...reading,
    stacks: Object.fromEntries(stacks),
    knots: knotsOf(reading).map(({ links, certain }) => ({
      certain,
      tasks: links.map(({ task }) => task.id),
    })),
    workers,
  }
}

function help(): string {
  return formatHelp(psOptions, {
    usage: ['corral ps PID [options]'],
    about:
      'Shows the tasks of a running process: what they wait for, since when, who holds it,\nwhere they stand, and who waits in a circle. The process need not be prepared for it.\nIt exits with 3 when the process cannot be looked into.',
    examples: [
      ['corral ps 4711', 'tasks in groups'],
      ['corral ps 4711 --all --stacks', 'a line for each task, with its stack'],
      ['corral ps 4711 --json --redact', 'for a report, without names'],
    ],
  })
}
