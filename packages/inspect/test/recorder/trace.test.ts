import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EventKind } from '../../src/recorder/event-ring.ts'
import type { RecordedEvent } from '../../src/recorder/event-ring.ts'
import { toPerfetto } from '../../src/recorder/perfetto.ts'
import { traceOf } from '../../src/recorder/trace.ts'
import type { Trace } from '../../src/recorder/trace.ts'
import { readPerfetto } from './perfetto-reader.ts'

const names = { taskName: (id: number) => `name ${id}`, waitName: (id: number) => `wait ${id}` }

type Row = [kind: keyof typeof EventKind, time: number, task: number, about: number]

function traced(rows: Row[], until = 100): Trace {
  const events: RecordedEvent[] = rows.map(([kind, time, task, about]) => ({
    kind: EventKind[kind],
    time,
    task,
    about,
  }))
  return traceOf(events, names, [], until)
}

const drawn = (trace: Trace): string[] =>
  trace.steps.map(({ task, type, time, name }) => `${time} #${task} ${type} ${name}`)

describe('traceOf', () => {
  test('draws the life of a task, and its waits inside', () => {
    const trace = traced([
      ['taskSpawned', 1, 7, 3],
      ['taskStarted', 2, 7, 5],
      ['waiting', 3, 7, 1],
      ['granted', 4, 7, 1],
      ['taskFulfilled', 6, 7, 5],
    ])
    expect(drawn(trace)).toEqual([
      '2 #7 begin name 5',
      '3 #7 begin wait 1',
      '4 #7 end wait 1',
      '6 #7 end name 5',
    ])
    expect(trace.tracks).toEqual([{ task: 7, name: 'name 5', parent: 3 }])
  })

  test('begins what is older than the recording where that begins', () => {
    const trace = traced([
      ['taskSpawned', 10, 2, 1],
      ['granted', 15, 7, 1],
      ['taskRejected', 16, 7, 5],
    ])
    expect(drawn(trace)).toEqual([
      '10 #7 begin name 5',
      '10 #7 begin wait 1',
      '15 #7 end wait 1',
      '16 #7 end name 5',
    ])
  })

  test('ends what still goes on where the recording ends', () => {
    const trace = traced([
      ['taskStarted', 2, 7, 5],
      ['waiting', 3, 7, 1],
    ])
    expect(drawn(trace).slice(2)).toEqual(['100 #7 end wait 1', '100 #7 end name 5'])
  })

  test('cuts a wait in two where one that began before it ends', () => {
    const trace = traced([
      ['taskStarted', 1, 7, 5],
      ['waiting', 2, 7, 1],
      ['waiting', 3, 7, 2],
      ['cancelled', 4, 7, 1],
      ['granted', 5, 7, 2],
      ['taskFulfilled', 6, 7, 5],
    ])
    expect(drawn(trace)).toEqual([
      '1 #7 begin name 5',
      '2 #7 begin wait 1',
      '3 #7 begin wait 2',
      '4 #7 end wait 2',
      '4 #7 end wait 1',
      '4 #7 begin wait 2',
      '5 #7 end wait 2',
      '6 #7 end name 5',
    ])
  })

  test('shows tasks that did nothing all the time, with what they wait for', () => {
    const view = {
      id: 9,
      name: 'still',
      status: 'running' as const,
      deadline: Infinity,
      scopes: [],
      children: [],
      waits: [
        {
          kind: 'Lock.acquire',
          resource: undefined,
          name: 'accounts',
          since: 0,
          heldBy: [],
          holdersUnknown: false,
        },
      ],
    }
    const trace = traceOf(
      [{ kind: EventKind.taskStarted, time: 50, task: 1, about: 1 }],
      names,
      [view],
      100,
    )
    expect(drawn(trace).filter((step) => step.includes('#9'))).toEqual([
      '50 #9 begin still',
      '50 #9 begin Lock.acquire accounts',
      '100 #9 end Lock.acquire accounts',
      '100 #9 end still',
    ])
  })

  test('nests every track, whatever is left of the events', () => {
    const kinds = fc.constantFrom(...(Object.keys(EventKind) as (keyof typeof EventKind)[]))
    const row = fc.tuple(kinds, fc.nat(3), fc.nat(4), fc.nat(2))
    fc.assert(
      fc.property(fc.array(row, { maxLength: 60 }), (rows) => {
        const ended = new Set<number>()
        let time = 0
        const events: Row[] = []
        for (const [kind, later, task, about] of rows) {
          time += later
          if (ended.has(task)) continue // nothing is heard of a task that has ended
          if (/^task(?!Spawned|Started)/.test(kind)) ended.add(task)
          events.push([kind, time, task, about])
        }
        readPerfetto(toPerfetto(traced(events, time), { pid: 1, name: 'node' }))
      }),
      { numRuns: 500 },
    )
  })
})
