import type { Hello, Reading, WorkerReading } from '@corral/inspect/attach'
import { formatCount } from '../format/format-count.ts'
import { printable } from '../format/printable.ts'
import { knotText } from './knot-text.ts'
import { spanText } from './span-text.ts'
import { framesOf } from './stack-text.ts'
import { treeText } from './tree-text.ts'

/** What `corral ps` shows. */
export interface PsView {
  readonly pid: number
  readonly hello: Hello
  readonly blocked: boolean
  readonly inspectorOpen: number | undefined
  readonly reading: Reading
  readonly stacks: ReadonlyMap<number, readonly string[]>
  readonly workers: readonly WorkerReading[]
}

/** Everything about the tasks of a process, as lines. */
export function psText(view: PsView, all: boolean): string[] {
  const { hello, reading, stacks, blocked, workers } = view
  return [
    heading(view),
    ...runningText(hello, blocked),
    ...copiesText(reading),
    ...treeText(reading, { stacks, blocked, all, running: hello.running.task }),
    ...knotText(reading),
    ...workers.flatMap((worker) => workerText(worker, all)),
  ]
}

function heading({ pid, hello, blocked, inspectorOpen, reading }: PsView): string {
  const { runtime, script, title, uptime, version } = hello
  const own = title === '' || title.includes(script)
  const busy = hello.running.stack.length > 0 ? 'busy' : 'free'
  return [
    `${pid} ${runtime} ${version} ${printable(script)}${own ? '' : ` (${printable(title)})`}`,
    `up ${spanText(uptime * 1000)}`,
    `${formatCount(reading.tasks)} ${reading.tasks === 1 ? 'task' : 'tasks'}`,
    `main thread ${blocked ? 'blocked' : busy}`,
    ...inspectorText(inspectorOpen),
  ].join(' · ')
}

function inspectorText(open: number | undefined): string[] {
  if (open === 0) return []
  if (open === undefined) return ['inspector was open before, and is']
  return [`inspector was open ${(open / 1000).toFixed(1)} s`]
}

/** What was interrupted. */
function runningText({ running }: Hello, blocked: boolean): string[] {
  const { path, stack } = running
  if (!blocked && stack.length === 0) return []
  const who = path.length === 0 ? 'code outside of any task' : path.map(printable).join(' > ')
  const frames = framesOf(stack).slice(0, 5).map(printable)
  const where = frames.length === 0 ? [] : [`    at ${frames.join(' ← ')}`]
  return [`${blocked ? 'blocked' : 'busy'}: ${who} computes`, ...where]
}

function copiesText({ copies }: Reading): string[] {
  if (copies.length < 2) return []
  const told = copies.map(({ tasks, protocol, readable }, i) => {
    const count = readable ? `${formatCount(tasks)} tasks` : `not read, its protocol is ${protocol}`
    return `${i + 1}: ${count}`
  })
  return [`${copies.length} copies of corral, or test runs: ${told.join(', ')}`]
}

function workerText({ id, title, hello, reading }: WorkerReading, all: boolean): string[] {
  const name = `worker ${printable(id)}${title === '' ? '' : ` (${printable(title)})`}`
  if (hello === undefined || reading === undefined) return ['', `${name} · does not answer`]
  if (reading.copies.length === 0) return ['', `${name} · does not use corral`]
  return [
    '',
    `${name} · ${formatCount(reading.tasks)} tasks`,
    ...treeText(reading, { stacks: new Map(), blocked: false, all, running: undefined }),
    ...knotText(reading),
  ]
}
