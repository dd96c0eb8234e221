// What the watching thread runs. It imports nothing but Node and its neighbours, so that it starts as it stands: from source
// where types are stripped, or built.
import { writeSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { parentPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { BlockDetector } from './block-detector.ts'
import type { Block, BlockEvent } from './block-detector.ts'
import { describeBlock } from './block-report.ts'
import type { BlockReport } from './block-report.ts'
import { capture } from './capture.ts'
import type { Capture } from './capture.ts'
import { monotonic, SharedPulse } from './shared-pulse.ts'
import { mainThreadTimes } from './thread-times.ts'

export interface Watch {
  readonly buffer: SharedArrayBuffer
  readonly beatsKey: string
  readonly threshold: number
  readonly beat: number
  readonly perHour: number
}

const HOUR = 3_600_000
/** Milliseconds in which a thread that computes has answered. */
const ANSWERS = 200

const port = parentPort as MessagePort
const { buffer, beatsKey, threshold, beat, perHour } = workerData as Watch
const pulse = new SharedPulse(buffer)
const detector = new BlockDetector(threshold, beat)
/** How late it may come to look before that counts. */
const tolerance = detector.interval / 2
const reportedAt: number[] = []
let missed = 0
let asked: Promise<Capture | undefined> | undefined
/** What came of it, once it has. */
let answered: Capture | undefined

function look(due: number): void {
  const now = monotonic()
  const late = Math.max(0, now - due - tolerance)
  pulse.watched()
  const { beats, beatAt, cpu: beatCpu } = pulse
  const times = mainThreadTimes() ?? { cpu: beatCpu, starved: 0 }
  react(detector.add({ now, beats, beatAt, beatCpu, ...times, late }), now)
  const next = detector.nextAt
  setTimeout(() => look(next), next - now)
}

look(monotonic())

function react(event: BlockEvent | undefined, now: number): void {
  if (event?.type === 'began') {
    asked = mayReport(now) ? ask() : undefined
    if (asked === undefined) missed += 1
  } else if (event?.type === 'dismissed') {
    if (asked === undefined) missed = Math.max(0, missed - 1)
    else reportedAt.pop()
  } else if (event?.type === 'ended' && asked !== undefined) {
    void tell(event.block, asked)
  } else if (event?.type === 'endless' && asked !== undefined) {
    tellEndless(event.block)
  }
}

function mayReport(now: number): boolean {
  while (reportedAt[0] !== undefined && reportedAt[0] < now - HOUR) reportedAt.shift()
  if (reportedAt.length >= perHour) return false
  reportedAt.push(now)
  return true
}

/**
 * Asks the main thread what it does; it answers in the middle of it, or after the call into the system in which it sleeps.
 * Connected for that moment only: a process does not end while somebody is.
 */
async function ask(): Promise<Capture | undefined> {
  const session = new Session()
  answered = undefined
  try {
    session.connectToMainThread()
    const { result } = await session.post('Runtime.evaluate', {
      expression: `(${capture.toString()})(${JSON.stringify(beatsKey)})\n//# sourceURL=<corral-watchdog>`,
      returnByValue: true,
      silent: true,
    })
    return (answered = result.value as Capture | undefined)
  } catch {
    return undefined
  } finally {
    session.disconnect()
  }
}

async function tell(block: Block, answer: Promise<Capture | undefined>): Promise<void> {
  const report = reportOf(block, await answer)
  if (report === undefined) {
    reportedAt.pop()
    return
  }
  missed = 0
  port.postMessage(report, [])
}

/** Nobody else can: the main thread may never come back. It is asked once more, since the first answer may be about what was before. */
function tellEndless(block: Block): void {
  const before = answered
  asked = ask()
  setTimeout(() => {
    const report = reportOf(block, answered ?? before)
    if (report === undefined) return
    try {
      writeSync(2, `${describeBlock(report, false)}\n`)
    } catch {} // nobody reads it
  }, ANSWERS)
}

function reportOf(block: Block, captured: Capture | undefined): BlockReport | undefined {
  if (captured?.debugged === true) return undefined
  const { ms, cpu, why } = block
  const since = Date.now() - (monotonic() - block.since)
  // An answer from a later turn is about something else.
  const { task, path, stack } =
    captured?.beats === block.beats ? captured : { task: undefined, path: [], stack: '' }
  // It slept in no code at all: the loop was waiting, on a machine that did not let it.
  if (why === 'sleeping' && task === undefined && stack === '') return undefined
  return { task, path, stack, why, ms, cpu, since, missed }
}
