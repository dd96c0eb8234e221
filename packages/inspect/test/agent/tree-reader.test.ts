import { Event, sleep, spawn, taskGroup, timeout } from 'corral'
import type { Task } from 'corral'
import { currentScope } from 'corral/lowlevel'
import { testRun } from 'corral/testing'
import { expect, test } from 'vitest'
import { cutName } from '../../src/agent/cut-name.ts'
import { groupTable } from '../../src/agent/group-table.ts'
import { insideOf } from '../../src/agent/inside-of.ts'
import { nextChildren } from '../../src/agent/next-children.ts'
import type { TreeReader } from '../../src/agent/reader-host.ts'
import { resourceTable } from '../../src/agent/resource-table.ts'
import { treeReader } from '../../src/agent/tree-reader.ts'
import { nameStem } from '../../src/name-stem.ts'

const parts = { cutName, groupTable, insideOf, nameStem, nextChildren, resourceTable }

/** A reader of this test's own tree, whose clock ends a slice whenever it is looked at. */
function readerHere(): TreeReader {
  let root = currentScope()
  while (root.parent !== undefined) root = root.parent
  const instance = { protocol: 2, root, current: currentScope, instrument: () => () => {} }
  let time = 0
  return treeReader(
    parts,
    { instances: () => [instance], now: () => (time += 1), watched: () => [] },
    10_000,
  )
}

/** Reads it all, with `between` between two slices; the names of the tasks, in order. */
async function read(between: (slice: number) => Promise<void>): Promise<readonly string[]> {
  const reader = readerHere()
  for (let slice = 0; !reader.step(1); slice++) await between(slice)
  const names = reader.result().rows.map(({ name }) => name)
  expect(reader.result().tasks).toBe(names.length)
  return names.filter((name) => name.startsWith('t'))
}

async function withTasks(
  count: number,
  body: (tasks: Task<void>[]) => Promise<void>,
): Promise<void> {
  await taskGroup(async (group) => {
    const tasks: Task<void>[] = []
    for (let i = 0; i < count; i++) {
      tasks.push(group.spawn(() => sleep(Infinity), { name: `t${i}` }))
    }
    await sleep(1)
    await body(tasks)
    group.cancel()
  })
}

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `t${from + i}`)

test('a tree of thousands is read in many slices, each task once', () =>
  testRun(() =>
    withTasks(3500, async () => {
      let slices = 0
      const names = await read(async (slice) => void (slices = slice))
      expect(names).toEqual(numbers(0, 3500))
      expect(slices).toBeGreaterThan(40)
    }),
  ))

test('tasks that end between two slices hide none of those that live', () =>
  testRun(() =>
    withTasks(3500, async (tasks) => {
      // First all but one of those that the reader has listed, then all that it has listed since.
      const names = await read(async (slice) => {
        if (slice === 3) for (const task of tasks.slice(1, 1000)) task.cancel()
        if (slice === 20) for (const task of tasks.slice(1000, 3000)) task.cancel()
        await sleep(1)
      })
      expect(new Set(names).size).toBe(names.length)
      expect(names).toEqual(expect.arrayContaining(['t0', ...numbers(3000, 3500)]))
    }),
  ))

test('tasks that are spawned between two slices hide none, and are not read twice', () =>
  testRun(() =>
    withTasks(2500, async () => {
      const over = new Event()
      const names = await read(async (slice) => {
        for (let i = 0; i < 20; i++) spawn(() => over.wait(), { name: `t${slice}-${i}` })
        await sleep(1)
      })
      over.set()
      expect(new Set(names).size).toBe(names.length)
      expect(names).toEqual(expect.arrayContaining(numbers(0, 2500)))
    }),
  ))

test('a task that a group has started behind younger ones hides none of them', () =>
  testRun(() =>
    taskGroup(async (group) => {
      const ready = new Event()
      const service = group.start<void>(
        async (started) => {
          await ready.wait()
          started()
          await sleep(Infinity)
        },
        { name: 't0' },
      )
      for (let i = 1; i < 10; i++) group.spawn(() => sleep(Infinity), { name: `t${i}` })
      ready.set()
      await service
      const names = await read(async () => {})
      expect(names.toSorted()).toEqual(numbers(0, 10))
      group.cancel()
    }),
  ))

test('a wait of an inner scope counts once, though the list is begun again', () =>
  testRun(async () => {
    const parent = spawn(
      () =>
        taskGroup(async (group) => {
          const waiting = timeout(1e6, () => new Event().wait())
          for (let i = 0; i < 2500; i++) group.spawn(() => sleep(1000), { name: `t${i}` })
          await waiting
        }),
      { name: 'parent' },
    )
    await sleep(1)
    const reader = readerHere()
    for (let slice = 0; !reader.step(1); slice++) await sleep(slice === 30 ? 2000 : 0)
    const row = reader.result().rows.find(({ name }) => name === 'parent')
    expect(row?.waits.map(({ kind }) => kind)).toEqual(['Event.wait'])
    parent.cancel()
    await parent.settled()
  }))

test('the children and the deadline of a task are those of its scopes, once it was read', () =>
  testRun(() =>
    withTasks(1, async () => {
      const inner = spawn(() => withTasks(2000, () => sleep(Infinity)), { name: 'outer' })
      await sleep(2)
      const reader = readerHere()
      while (!reader.step(1));
      const row = reader.result().rows.find(({ name }) => name === 'outer')
      expect(row).toMatchObject({ children: 2000, deadline: undefined })
      inner.cancel()
      await inner.settled()
    }),
  ))
