import { now, sleep } from 'corral'
import type { Tapped } from '../agent/event-tap.ts'
import { toChrome } from '../recorder/chrome.ts'
import type { EventKind, RecordedEvent } from '../recorder/event-ring.ts'
import { toPerfetto } from '../recorder/perfetto.ts'
import { traceOf, type Trace } from '../recorder/trace.ts'
import type { Attached } from './attach-process.ts'
import { taskViewsOf } from './task-views-of.ts'

/** What was recorded of a process. */
export interface Recording {
  readonly trace: Trace
  readonly events: number
  /** Events that the process could not keep until they were fetched. */
  readonly lost: number
  /** Milliseconds since the epoch, by the clock of the process. */
  readonly from: number
  readonly until: number
}

/** Events in one answer. */
const page = 20_000
/** Milliseconds between two looks. */
const step = 100
/** Events that are kept. */
const most = 2_000_000

/**
 * Records what the tasks of a process do for some time.
 *
 * Cancellation: throws; nothing of the recording is left.
 *
 * @param ms how long
 */
export async function recordEvents(target: Attached, ms: number): Promise<Recording> {
  const { connection } = target
  const events: RecordedEvent[] = []
  const names = new Map<number, string>()
  let lost = 0
  let from = 0
  const take = async (): Promise<boolean> => {
    const tapped = await connection?.ask<Tapped>('tap', { most: page })
    if (tapped === undefined) return false
    lost += tapped.lost
    for (const [id, name] of tapped.names) names.set(id, name)
    from ||= tapped.origin
    const { events: numbers, origin } = tapped
    for (let i = 0; i < numbers.length && events.length < most; i += 4) {
      const [kind, at = 0, task = 0, about = 0] = numbers.slice(i, i + 4)
      events.push({ kind: kind as EventKind, time: origin + at / 1000, task, about })
    }
    return numbers.length >= 4 * page
  }
  await take()
  const end = now() + ms
  while (now() < end) {
    await sleep(Math.min(step, Math.max(1, end - now())))
    while (await take());
  }
  const reading = await target.read(page)
  const nameOf = (about: number): string => names.get(about) ?? 'other'
  const trace = traceOf(
    events,
    { taskName: nameOf, waitName: nameOf },
    taskViewsOf(reading),
    reading.at,
  )
  return { trace, events: events.length, lost, from: from || reading.at - ms, until: reading.at }
}

/** A recording as a file for ui.perfetto.dev, or for tools that read Chrome's traces. */
export function recordingFile(
  { trace }: Recording,
  process: { readonly pid: number; readonly name: string },
  format: 'perfetto' | 'chrome',
): Uint8Array {
  return format === 'perfetto' ? toPerfetto(trace, process) : toChrome(trace, process)
}
