import { ProtoWriter } from './proto-writer.ts'
import type { Step, Trace } from './trace.ts'

// Field numbers of https://github.com/google/perfetto/tree/main/protos/perfetto/trace.
const TRACE = { packet: 1 } as const
const PACKET = {
  timestamp: 8,
  sequenceId: 10,
  trackEvent: 11,
  internedData: 12,
  sequenceFlags: 13,
  trackDescriptor: 60,
} as const
const TRACK = { uuid: 1, name: 2, process: 3, parentUuid: 5 } as const
const PROCESS = { pid: 1, processName: 6 } as const
const EVENT = { categoryIids: 3, type: 9, nameIid: 10, trackUuid: 11 } as const
const INTERNED = { eventCategories: 1, eventNames: 2 } as const
const ENTRY = { iid: 1, name: 2 } as const
const TYPE = { begin: 1, end: 2 } as const
const CLEARED = 1
const NEEDS_STATE = 2

/** The one writer of the trace, and the track of the process. */
const SEQUENCE = 1
const PROCESS_TRACK = 1
const CATEGORY = { task: 1, wait: 2 } as const

/** A trace in the format of Perfetto: a track for each task, below the one that spawned it. */
export function toPerfetto(trace: Trace, process: { pid: number; name: string }): Uint8Array {
  const out = new ProtoWriter(64 * (trace.steps.length + trace.tracks.length) + 1024)
  const packet = new ProtoWriter()
  const inner = new ProtoWriter()
  const entry = new ProtoWriter()
  const names = new Map<string, number>()
  const start = trace.steps.reduce((least, { time }) => Math.min(least, time), Infinity)
  const known = new Set(trace.tracks.map(({ task }) => task))

  entry.reset().varint(PROCESS.pid, process.pid).string(PROCESS.processName, process.name)
  inner.reset().varint(TRACK.uuid, PROCESS_TRACK).message(TRACK.process, entry)
  packet.reset().varint(PACKET.sequenceId, SEQUENCE).varint(PACKET.sequenceFlags, CLEARED)
  out.message(TRACE.packet, packet.message(PACKET.trackDescriptor, inner))
  for (const { task, name, parent } of trace.tracks) {
    const above = parent !== undefined && known.has(parent) ? trackOf(parent) : PROCESS_TRACK
    inner.reset().varint(TRACK.uuid, trackOf(task)).varint(TRACK.parentUuid, above)
    inner.string(TRACK.name, `${name} #${task}`)
    packet.reset().varint(PACKET.sequenceId, SEQUENCE).message(PACKET.trackDescriptor, inner)
    out.message(TRACE.packet, packet)
  }
  inner.reset()
  for (const category of ['task', 'wait'] as const) {
    entry.reset().varint(ENTRY.iid, CATEGORY[category]).string(ENTRY.name, category)
    inner.message(INTERNED.eventCategories, entry)
  }
  packet.reset().varint(PACKET.sequenceId, SEQUENCE).varint(PACKET.sequenceFlags, NEEDS_STATE)
  out.message(TRACE.packet, packet.message(PACKET.internedData, inner))
  for (const step of trace.steps) writeStep(step)
  return out.bytes

  function writeStep({ task, type, time, name, category }: Step): void {
    packet.reset().varint(PACKET.timestamp, Math.round((time - start) * 1e6))
    packet.varint(PACKET.sequenceId, SEQUENCE).varint(PACKET.sequenceFlags, NEEDS_STATE)
    inner.reset().varint(EVENT.type, TYPE[type]).varint(EVENT.trackUuid, trackOf(task))
    if (type === 'begin') {
      inner.varint(EVENT.categoryIids, CATEGORY[category]).varint(EVENT.nameIid, nameId(name))
    }
    packet.message(PACKET.trackEvent, inner)
    out.message(TRACE.packet, packet)
  }

  /** A name is told once, before the first event that has it. */
  function nameId(name: string): number {
    const known = names.get(name)
    if (known !== undefined) return known
    const id = names.size + 1
    names.set(name, id)
    entry.reset().varint(ENTRY.iid, id).string(ENTRY.name, name)
    const data = new ProtoWriter(256).message(INTERNED.eventNames, entry)
    packet.message(PACKET.internedData, data)
    return id
  }
}

function trackOf(task: number): number {
  return PROCESS_TRACK + 1 + task
}
