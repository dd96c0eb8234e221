import { describe, expect, it } from 'vitest'
import { Lock, Semaphore, sleep, spawn, taskGroup, timeout } from '../../src/index.ts'
import { currentScope, snapshot, waitKnots } from '../../src/lowlevel.ts'
import type { TaskView, WaitView } from '../../src/lowlevel.ts'
import { isDeadlocked } from '../../src/diagnostics/wait-report.ts'
import { testRun } from '../../src/testing.ts'

/** The knots below the scope of the caller: the names in each, and whether it is certain. */
function knots(): unknown {
  return waitKnots(snapshot(currentScope())).map(({ links, certain }) => [
    links.map(({ task }) => task.name).toSorted(),
    certain,
  ])
}

/** Two tasks, each of which holds one lock and waits for the other's. */
async function embrace(limit = Infinity): Promise<void> {
  const [a, b] = [new Lock({ name: 'a' }), new Lock({ name: 'b' })]
  const transfer = (first: Lock, second: Lock) => async (): Promise<void> => {
    using _first = await first.acquire()
    await sleep(1)
    await timeout(limit, () => second.use(() => {}))
  }
  spawn(transfer(a, b), { name: 'transfer#1' })
  spawn(transfer(b, a), { name: 'transfer#2' })
  await sleep(5)
}

/** Looks at a program and ends it. */
function look(program: () => Promise<void>): Promise<void> {
  return testRun(async () => {
    await taskGroup(async (group) => {
      await program()
      group.cancel()
    })
  })
}

describe('waitKnots', () => {
  it('finds two tasks that hold what the other waits for, while others live, and each knot once', () =>
    look(async () => {
      spawn(() => sleep(1000), { name: 'alive' })
      await embrace()
      await embrace()
      expect(knots()).toEqual([
        [['transfer#1', 'transfer#2'], true],
        [['transfer#1', 'transfer#2'], true],
      ])
    }))

  it('finds none where a deadline will end a wait', () =>
    look(async () => {
      await embrace(100_000)
      expect(knots()).toEqual([])
    }))

  it('finds none while one of several holders lives', () =>
    look(async () => {
      const pool = new Semaphore(2)
      const lock = new Lock()
      spawn(async () => pool.use(() => sleep(1000)), { name: 'living holder' })
      spawn(
        async () => {
          using _permit = await pool.acquire()
          await sleep(1)
          await lock.use(() => {})
        },
        { name: 'holds a permit, waits for the lock' },
      )
      spawn(
        async () => {
          using _held = await lock.acquire()
          await sleep(1)
          await pool.use(() => {})
        },
        { name: 'holds the lock, waits for a permit' },
      )
      await sleep(5)
      expect(knots()).toEqual([])
    }))

  it('only suspects a task that waits for itself: a callback may let go', () =>
    look(async () => {
      const lock = new Lock()
      spawn(
        async () => {
          using _held = await lock.acquire()
          await lock.use(() => {})
        },
        { name: 'selfish' },
      )
      await sleep(5)
      expect(knots()).toEqual([[['selfish'], false]])
    }))

  it('takes one look at each of 100 000 tasks', () =>
    look(async () => {
      const lock = new Lock()
      spawn(
        async () => {
          using _held = await lock.acquire()
          await sleep(100_000)
        },
        { name: 'holder' },
      )
      await sleep(1)
      for (let i = 0; i < 100_000; i++) spawn(() => lock.use(() => {}))
      await sleep(1)
      expect(knots()).toEqual([])
    }))
})

describe('isDeadlocked', () => {
  const waitFor = (heldBy: number[], holdersUnknown = false): WaitView[] => [
    { kind: 'Lock.acquire', resource: {}, name: undefined, since: 0, heldBy, holdersUnknown },
  ]
  const join: WaitView[] = [
    { ...(waitFor([])[0] as WaitView), kind: 'TaskGroup.join', resource: undefined },
  ]
  const task = (id: number, waits: WaitView[], children: TaskView[] = []): TaskView => {
    return { id, name: `${id}`, status: 'running', deadline: Infinity, waits, scopes: [], children }
  }
  const both = (one: TaskView, two: TaskView): boolean => isDeadlocked([task(1, join, [one, two])])

  it('says so when each task waits for others of them, and for nothing else', () => {
    expect(both(task(2, waitFor([3])), task(3, waitFor([2])))).toBe(true)
  })

  it('does not where one runs, may be woken from elsewhere, or has a deadline', () => {
    const stuck = task(2, waitFor([3]))
    expect(both(stuck, task(3, []))).toBe(false)
    expect(both(stuck, task(3, waitFor([])))).toBe(false)
    expect(both(stuck, task(3, waitFor([2], true)))).toBe(false)
    expect(both(stuck, task(3, [...waitFor([2]), ...waitFor([])]))).toBe(false)
    expect(both(stuck, { ...task(3, waitFor([2])), deadline: 5 })).toBe(false)
    expect(isDeadlocked([])).toBe(false)
  })
})
