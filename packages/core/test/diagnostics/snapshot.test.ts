import { describe, expect, it } from 'vitest'
import { Future, now, sleep, spawn, taskGroup, timeout } from '../../src/index.ts'
import { rootScope } from '../../src/kernel/current.ts'
import type { Instance } from '../../src/kernel/current.ts'
import { currentScope, owners, snapshot, waitReport } from '../../src/lowlevel.ts'
import type { TaskView } from '../../src/lowlevel.ts'
import { testRun } from '../../src/testing.ts'

/** The names of a tree, nested. */
function names(tasks: readonly TaskView[]): unknown {
  return tasks.map((task) =>
    task.children.length > 0 ? [task.name, names(task.children)] : task.name,
  )
}

describe('snapshot', () => {
  it('lists tasks, their children and what each waits for, since when', () =>
    testRun(async () => {
      const start = now()
      const future = new Future<void>()
      const scope = currentScope()
      await taskGroup(
        async (group) => {
          group.spawn(
            async () => {
              spawn(() => sleep(100), { name: 'child' })
              await timeout(50, () => future.wait())
            },
            { name: 'parent' },
          )
          group.spawn(() => sleep(100), { name: 'other' })
          expect(names(snapshot(scope))).toEqual(['parent', 'other'])
          await sleep(5)
          const [parent, other] = snapshot(scope) as [TaskView, TaskView]
          expect(names([parent, other])).toEqual([['parent', ['child']], 'other'])
          expect(parent).toMatchObject({
            status: 'running',
            waits: [{ kind: 'Future.wait', resource: future, since: start, heldBy: [] }],
            deadline: start + 50,
            scopes: ['timeout'],
          })
          future.resolve()
          await sleep(1)
          expect(names(snapshot(scope))).toEqual([['parent', ['child']], 'other'])
        },
        { name: 'both' },
      )
      expect(snapshot(scope)).toEqual([])
    }))
})

describe('the registry', () => {
  it('lists this copy of corral, whose tasks can be seen from outside', async () => {
    const copies = (globalThis as { [key: symbol]: unknown })[Symbol.for('corral')] as Instance[]
    const ours = copies.find(({ root }) => root === rootScope)
    expect(ours?.protocol).toBe(2)
    await spawn(
      async () => {
        expect(names(snapshot(ours?.root))).toEqual(['seen'])
        expect(ours?.current().task?.name).toBe('seen')
      },
      { name: 'seen' },
    )
    let spawned = 0
    const off = ours?.instrument({ taskSpawned: () => (spawned += 1) })
    await spawn(() => {})
    off?.()
    expect(spawned).toBe(1)
  })

  it('lists the tree of a test run while it runs', async () => {
    const copies = (globalThis as { [key: symbol]: unknown })[Symbol.for('corral')] as Instance[]
    const before = [...copies]
    await testRun(async () => {
      const added = copies.filter((copy) => !before.includes(copy))
      expect(added.map(({ root }) => names(snapshot(root)))).toEqual([['main']])
    })
    expect(copies).toEqual(before)
  })
})

const plain = { resource: undefined, name: undefined, since: 0, holdersUnknown: false }
const endless = { deadline: Infinity, scopes: [], children: [] }

/** A task that runs and waits for another one, or for nothing. */
function view(id: number, children: readonly TaskView[], heldBy?: number): TaskView {
  const waits = heldBy === undefined ? [] : [{ ...plain, kind: 'Lock.acquire', heldBy: [heldBy] }]
  return { ...endless, id, name: `t${id}`, status: 'running', waits, children }
}

describe('waitReport', () => {
  it('draws 20 levels, and tells of what is deeper how many and what the last one waits for', () => {
    const depth = 100_000
    let tree = view(depth, [], 1)
    for (let id = depth - 1; id > 0; id--) tree = view(id, [tree])
    const lines = waitReport([tree], 0).split('\n')
    expect(lines).toHaveLength(21)
    expect(lines[19]).toMatch(/^ {54} └ t20 +waits for something that is not ours$/)
    expect(lines[20]).toMatch(
      /^ {57} └ \.\.\. 99980 more +the last one waits for Lock\.acquire, 0 ms, held by t1$/,
    )
  })

  it('names 20 tasks of a circle, however many it has', () => {
    const n = 100_000
    const tasks = Array.from({ length: n }, (_, i) => view(i + 1, [], ((i + 1) % n) + 1))
    const lines = waitReport(tasks, 0).split('\n')
    expect(lines).toHaveLength(n + 1)
    expect(lines[n]).toMatch(/^in a circle: t1 waits for t2 \(Lock\.acquire\), /)
    expect(lines[n]).toMatch(/t20 waits for t21 \(Lock\.acquire\), \.\.\. 99980 more$/)
  })

  it('draws the tree, one task a line, with who holds what', () => {
    const resource = { [owners]: () => [{ id: 2, name: 'reader' }] }
    const wait = { ...plain, kind: 'Lock.acquire', resource, since: 1000, heldBy: [2] }
    const unknown = {
      ...wait,
      kind: 'Semaphore.acquire',
      name: 'permits',
      heldBy: [],
      holdersUnknown: true,
    }
    const report = waitReport(
      [
        {
          ...endless,
          id: 1,
          name: 'main',
          status: 'running',
          waits: [{ ...plain, kind: 'TaskGroup.join', since: 2150, heldBy: [] }],
          children: [
            { ...endless, id: 2, name: 'reader', status: 'running', waits: [] },
            { ...endless, id: 3, name: 'writer', status: 'cancelling', waits: [wait] },
            { ...endless, id: 4, name: 'visitor', status: 'running', waits: [unknown] },
          ],
        },
      ],
      2200,
    )
    expect(report).toBe(
      [
        'main        waits for TaskGroup.join, 50 ms',
        ' ├ reader   waits for something that is not ours',
        ' ├ writer   waits for Lock.acquire, 1.2 s, held by reader',
        ' └ visitor  waits for Semaphore.acquire permits, 1.2 s, holders unknown',
      ].join('\n'),
    )
  })
})
