import type { GroupRow, Reading, ResourceRow, TaskRow } from '@corral/inspect/attach'
import { describe, expect, test } from 'vitest'
import { fitLines } from '../../src/inspect/fit-lines.ts'
import { psText, type PsView } from '../../src/inspect/ps-text.ts'
import { framesOf, stackText } from '../../src/inspect/stack-text.ts'

const at = 1_800_000_000_000

function group(more: Partial<GroupRow>): GroupRow {
  return {
    parent: -1,
    stem: 'main',
    copy: 0,
    count: 1,
    running: 0,
    pending: 0,
    cancelling: 0,
    task: 1,
    name: 'main',
    deadline: undefined,
    waits: [],
    ...more,
  }
}

function row(more: Partial<TaskRow>): TaskRow {
  return {
    ref: 1,
    parent: undefined,
    name: 'main',
    status: 'running',
    deadline: undefined,
    children: 0,
    waits: [],
    ...more,
  }
}

const pool: ResourceRow = {
  type: 'Pool',
  name: 'db',
  size: undefined,
  capacity: 5,
  held: 5,
  waiting: 97,
  waitingToPut: undefined,
  waitingToTake: undefined,
  state: undefined,
  holdersUnknown: false,
  holders: [3, 4, 5, 6],
  holderCount: 5,
}

const wait = { heldBy: [], holdersUnknown: false }

const reading: Reading = {
  at,
  tasks: 201,
  copies: [{ protocol: 2, readable: true, tasks: 201 }],
  groups: [
    group({
      waits: [{ kind: 'TaskGroup.join', resource: -1, count: 1, since: at - 7.2e6, task: 1 }],
    }),
    group({
      parent: 0,
      stem: 'req',
      name: 'req#3',
      count: 200,
      running: 2,
      task: 3,
      waits: [
        { kind: 'Pool.acquire', resource: 0, count: 193, since: at - 11_200, task: 41 },
        { kind: 'sleep', resource: -1, count: 5, since: at - 90_000, task: 3 },
      ],
    }),
  ],
  resources: [pool],
  rows: [
    row({
      waits: [{ ...wait, kind: 'TaskGroup.join', resource: -1, since: at - 7.2e6 }],
      children: 200,
    }),
    row({ ref: 3, parent: 1, name: 'req#3' }),
    row({ ref: 4, parent: 1, name: 'req\u001B[31m#4\u202E' }),
    row({
      ref: 41,
      parent: 1,
      name: 'req#41',
      deadline: at + 800,
      waits: [{ ...wait, kind: 'Pool.acquire', resource: 0, since: at - 11_200 }],
    }),
  ],
  cost: 1,
  longestSlice: 1,
}

const view: PsView = {
  pid: 4711,
  hello: {
    protocol: 1,
    pid: 4711,
    version: 'v26.10.0',
    runtime: 'node',
    script: 'server.ts',
    title: '',
    uptime: 7210,
    heapUsed: 1,
    rss: 1,
    running: { path: [], task: undefined, stack: [] },
  },
  blocked: false,
  inspectorOpen: 190,
  reading,
  stacks: new Map([
    [
      41,
      [
        'at corral-agent:486:19',
        'at process.processTicksAndRejections (node:internal/process/task_queues:104:5)',
        'at async loadOrder (file:///srv/orders.ts:31:5)',
        'at async TaskNode.handle [as work] (file:///srv/server.ts:12:9)',
        'at async TaskNode.run (/srv/node_modules/corral/dist/scope/task-node.js:9:9)',
      ],
    ],
  ]),
  workers: [],
}

describe('corral ps', () => {
  test('shows groups of tasks, the longest waiter of each, who holds it, where it stands', () => {
    expect(psText(view, false)).toEqual([
      '4711 node v26.10.0 server.ts · up 2 h · 201 tasks · main thread free · inspector was open 0.2 s',
      'main          waits for TaskGroup.join, 2 h',
      ' └ req ×200   193 in Pool.acquire db (5/5 lent), longest 11.2 s, held by req#3, req [31m#4, task-5 … 5 in all; 5 in sleep; 2 run or wait for something that is not ours',
      '    └ req#41  deadline in 800 ms, at loadOrder orders.ts:31 ← handle server.ts:12',
    ])
  })

  test('says of the inspector what it was: open, open before, or not needed', () => {
    const heading = (inspectorOpen: number | undefined): string | undefined =>
      psText({ ...view, inspectorOpen }, false)[0]
    expect(heading(190)).toMatch(/ · main thread free · inspector was open 0\.2 s$/)
    expect(heading(undefined)).toMatch(/ · inspector was open before, and is$/)
    expect(heading(0)).toMatch(/ · main thread free$/)
  })

  test('shows a line for each task with --all, and how many are left out', () => {
    expect(psText(view, true).slice(1)).toEqual([
      'main           waits for TaskGroup.join, 2 h',
      ' ├ req#3       runs, or waits for something that is not ours',
      ' ├ req [31m#4  runs, or waits for something that is not ours',
      ' └ req#41      waits for Pool.acquire db (5/5 lent), 11.2 s, held by req#3, req [31m#4, task-5 … 5 in all, deadline in 800 ms, at loadOrder orders.ts:31 ← handle server.ts:12',
      '… 197 more',
    ])
  })

  test('names who blocks the loop, and says that stacks come when it is free', () => {
    const running = { path: ['main', 'req#5'], task: 9, stack: ['at hotLoop (/srv/report.ts:7:3)'] }
    const lines = psText(
      { ...view, blocked: true, stacks: new Map(), hello: { ...view.hello, running } },
      false,
    )
    expect(lines[0]).toContain('main thread blocked')
    expect(lines.slice(1, 3)).toEqual([
      'blocked: main > req#5 computes',
      '    at hotLoop report.ts:7',
    ])
    expect(lines.at(-1)).toMatch(/req#41 +deadline in 800 ms, stack when free/)
  })

  test('is cut to the width of a terminal, and whole in a pipe', () => {
    const lines = psText(view, false)
    expect(fitLines(lines, {})).toEqual(lines)
    for (const line of fitLines(lines, { isTTY: true, columns: 80 })) {
      expect(line.length).toBeLessThanOrEqual(80)
    }
  })
})

describe('stackText', () => {
  test('leaves out the runtime, corral and what looks on', () => {
    expect(stackText(view.stacks.get(41) ?? [])).toBe(
      'loadOrder orders.ts:31 ← handle server.ts:12',
    )
  })

  test('shows an anonymous function by its place', () => {
    expect(framesOf(['at async file:///a/target.ts:13:5', 'at <anonymous>'])).toEqual([
      'target.ts:13',
    ])
  })

  test('has no code of a terminal, whatever a function is called', () => {
    expect(stackText(['at \u001B[2Jevil (/srv/a.ts:1:1)'])).toBe('[2Jevil a.ts:1')
  })
})
