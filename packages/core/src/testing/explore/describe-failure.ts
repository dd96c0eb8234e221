import { timelinePage } from '../draw/timeline-page.ts'
import { sourceLine } from '../draw/source-line.ts'
import { printPlaces, printTimeline } from '../draw/timeline-table.ts'
import { timelineOf } from '../draw/timeline.ts'
import { keepFailure, writeText } from '../draw/write-text.ts'
import type { Fault } from '../net/fault.ts'
import { showThrown } from '../run/show-value.ts'
import type { PendingWake } from '../run/pending-wake.ts'
import { fileAndLine, shortPlace } from '../run/places.ts'
import { TestFailure } from '../run/test-failure.ts'
import { isJump } from '../run/trace.ts'
import type { Trace } from '../run/trace.ts'
import { ExploreFailure } from './explore-failure.ts'
import { fifo, printPlan } from './plan.ts'
import type { Plan } from './plan.ts'
import { isAlike } from './search.ts'
import type { Search } from './search.ts'

const ways: Readonly<Record<string, string>> = {
  fifo: 'first come, first served',
  replay: 'the schedule given',
  delay: 'making single wake-ups late',
  time: 'making single wake-ups later than the next timer',
  delays: 'making two or three wake-ups late',
  exhaustive: 'trying every order',
  pct: 'random priorities',
  random: 'random order',
  cancel: 'cancelling each task at each wake-up',
  timeout: 'letting deadlines run out at each wake-up',
  fail: 'making failpoints fail',
}

/** What is to be reported. */
export interface Found {
  readonly plan: Plan
  readonly error: unknown
  /** The strategy that found it. */
  readonly way: string
  /** Where the timeline is to be written to. */
  readonly file: string | undefined
  /** The folder that it is to be kept in. */
  readonly artifacts: string | undefined
  /** How the program runs first come, first served, if it passes then. */
  readonly base?: Trace
}

/** Runs a failing plan once more and makes the report of it. */
export async function describeFailure(
  search: Search,
  { plan, error, way, file, artifacts, base }: Found,
): Promise<Error> {
  const { runs } = search
  const trial = await search.replay(plan, true)
  const strange = way !== 'replay' && !fits(plan, trial.driver.trace)
  if (trial.ok || strange || !isAlike(trial.error, error)) {
    const again = trial.ok ? 'passed' : `threw ${summary(trial.error)}`
    return new TestFailure(
      'NONDETERMINISM',
      `explore: ${printPlan(plan)} threw ${summary(error)}, and when it was run again it ` +
        `${strange ? 'went another way' : again}; make everything anew in each run, take time and chance ` +
        'from corral, and wait for nothing real',
      reportOf(error),
      { cause: error },
    )
  }
  const replay = printPlan(plan)
  const { trace } = trial.driver
  const timeline = timelineOf(trace, plan)
  const where = printPlaces(timeline)
  const title = summary(trial.error)
  const report = reportOf(trial.error)
  const found = `Found by ${ways[way]}, after ${count(runs, 'schedule')}.`
  const takes = `What it takes: ${whatItTakes(trace, plan)}.`
  const page = (): string => {
    const fifoTimeline = base === undefined ? undefined : timelineOf(base, fifo)
    return timelinePage(timeline, fifoTimeline, { title, report, takes, found, replay, where })
  }
  const facts = { title, replay, takes, found, report, timeline: () => printTimeline(timeline) }
  const places = [
    ...(file === undefined
      ? []
      : [`\nTimeline:      ${written(file, () => writeText(file, page()))}`]),
    ...(artifacts === undefined
      ? []
      : [`\nKept:          ${written(artifacts, () => keepFailure(artifacts, facts, page()))}`]),
  ]
  const again = `Run it again:  explore(main, { replay: '${replay}' })`
  const message = [
    `explore: ${title}${thrownAt(trial.error)}`,
    ...(report === '' ? [] : [report]),
    `${takes}\n${found}`,
    legend(plan),
    printTimeline(timeline),
    ...(where === '' ? [] : [`Where the calls are:\n${where}`]),
    `${again}${places.join('')}`,
  ].join('\n\n')
  return new ExploreFailure(message, { replay, schedules: runs, page }, { cause: trial.error })
}

const library = new URL('../..', import.meta.url).pathname

/** The innermost line of the user's in the stack of an error; nothing for what the test itself finds wrong. */
function thrownAt(error: unknown): string {
  if (!(error instanceof Error) || error instanceof TestFailure) return ''
  const frame = String(error.stack)
    .split('\n')
    .slice(1)
    .find((line) => ![library, 'node:', '/node_modules/'].some((part) => line.includes(part)))
  const place = shortPlace(/\(?(\S+:\d+:\d+)\)?$/.exec(frame ?? '')?.[1])
  if (place === undefined) return ''
  const { file, line } = fileAndLine(place)
  return `\n  thrown at ${place}  ${sourceLine(file, line)}`.trimEnd()
}

/** Whether everything that the plan speaks of did happen. */
function fits({ delays, faults }: Plan, trace: Trace): boolean {
  return [...delays, ...faults].every(({ seq }) => trace.find(seq) !== undefined)
}

/** Where it was written to, or why it was not: the failure is to be told in any case. */
function written(where: string, write: () => void): string {
  try {
    write()
    return where
  } catch (error) {
    return `not written: ${showThrown(error)}`
  }
}

/** The error in a line, without the wait report that follows it in some. */
function summary(error: unknown): string {
  if (!(error instanceof Error)) return `thrown: ${showThrown(error)}`
  const message = error.message.split('\n')[0] ?? ''
  return error instanceof TestFailure
    ? message.replace(/^explore: /, '')
    : `${error.name}: ${message}`
}

/** What follows the first line: the wait report, the calls that do not fit, a diff. */
function reportOf(error: unknown): string {
  if (error instanceof TestFailure) return error.report
  return error instanceof Error ? error.message.split('\n').slice(1).join('\n').trimEnd() : ''
}

/** What is out of the ordinary, in a sentence. */
function whatItTakes(trace: Trace, { delays, faults }: Plan): string {
  const parts = delays.map(({ seq }) => {
    const held = trace.find(seq)
    if (held === undefined) return `#${seq} is late`
    const name = held.task?.name ?? '?'
    const what =
      held.kind === 'start' ? `task ${name} starts` : `in task ${name}, ${held.kind} comes back`
    const late = ms(held.time - held.since)
    const how = late === 0 ? '' : `${late} ms late, at ${ms(held.time)} ms`
    return `${what} ${how || 'late'} (#${seq})${after(trace, held)}`
  })
  for (const { kind, seq } of faults) {
    const held = trace.find(seq)
    const words = {
      task: held?.task?.name ?? '?',
      call: (held?.kind ?? '?').replace(/^start$/, 'its start'),
      seq: `${seq}`,
    }
    parts.push(
      mishaps[kind].replaceAll(/task|call|seq/g, (word) => words[word as keyof typeof words]),
    )
  }
  return parts.join('; and ') || 'nothing, it fails first come, first served'
}

/** So many of those that went first are named. */
const NAMED = 5

/** Those that went first. */
function after(trace: Trace, held: PendingWake): string {
  const first = trace.overtaking(held).flatMap((step) => (isJump(step) ? [] : [`#${step.seq}`]))
  if (first.length === 0) return ''
  const named = first.slice(0, first.length > NAMED + 1 ? NAMED : NAMED + 1)
  if (named.length < first.length) named.push(`${first.length - named.length} others`)
  const last = named.pop()
  return `, after ${named.length === 0 ? last : `${named.join(', ')} and ${last}`}`
}

function ms(time: number): number {
  return Math.round(time * 1000) / 1000
}

const mishaps: Readonly<Record<Fault['kind'], string>> = {
  c: 'cancelling task just when its call comes back (#seq)',
  w: 'cancelling task in its next wait after call (#seq)',
  o: 'the time of task is up just when its call comes back (#seq)',
  v: 'the time of task is up in its next wait after call (#seq)',
  f: 'call fails in task (#seq)',
  l: 'what task sends by call is lost (#seq)',
  m: 'what task sends by call arrives twice (#seq)',
  r: 'what task sends by call is held up and overtaken (#seq)',
  p: 'from call of task on nothing from its end arrives for a while (#seq)',
  k: 'the process that task sends to by call dies, and is there again after a while (#seq)',
}

/** For readers who have never seen such a table. */
function legend({ delays, faults }: Plan): string {
  const lines = ['Each line is one task going on: what it had waited for → what it waits for next.']
  if (delays.length > 0) {
    lines.push('┊ it could go on, but was slow; others went first.  ▶ now it goes on.')
  }
  if (faults.length > 0) lines.push('In brackets: what the test made go wrong.')
  return lines.join('\n')
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}
