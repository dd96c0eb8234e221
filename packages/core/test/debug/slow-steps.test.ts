import { describe, expect, it } from 'vitest'
import { slowSteps } from '../../src/debug/slow-steps.ts'
import { rootScope } from '../../src/kernel/current.ts'
import { Waiter } from '../../src/lowlevel.ts'
import type { Hooks, TaskRecord } from '../../src/lowlevel.ts'
import { ScopeNode } from '../../src/kernel/records.ts'

function taskOf(name: string): TaskRecord {
  const scope = new ScopeNode(rootScope.runtime, undefined, undefined)
  scope.task = { id: 0, name, status: 'running', scope }
  return scope.task
}

function waitOf(task: TaskRecord): Waiter<never> {
  const waiter = new Waiter<never>('Test.wait')
  waiter.scope = task.scope
  return waiter
}

/** Every step takes longer than nothing. */
function watched(): { readonly hooks: Required<Pick<Hooks, Seen>>; readonly found: string[] } {
  const found: string[] = []
  const hooks = slowSteps(0, (code, task) => found.push(`${code} ${task.name}`))
  return { hooks: hooks as Required<Pick<Hooks, Seen>>, found }
}

type Seen = 'taskStarted' | 'taskEnded' | 'waiting' | 'woken'

const turn = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve))

describe('slowSteps', () => {
  it('finds a task that computes from its start to its end, or to its first wait', () => {
    const { hooks, found } = watched()
    const [a, b] = [taskOf('a'), taskOf('b')]
    hooks.taskStarted(a)
    hooks.taskEnded(a)
    hooks.taskStarted(b)
    hooks.waiting(waitOf(b))
    expect(found).toEqual(['SLOW a', 'SLOW b'])
  })

  it('finds one that goes on after a wait, beside others that were to go on', () => {
    const found: string[] = []
    const hooks = slowSteps(0, (_code, task, what) =>
      found.push(`${task.name}: ${/^it.* computed/.exec(what)?.[0]}`),
    )
    const [slow, innocent] = [taskOf('slow'), taskOf('innocent')]
    hooks.woken?.(waitOf(slow))
    hooks.woken?.(waitOf(innocent))
    hooks.waiting?.(waitOf(innocent)) // slow may wait for something foreign
    expect(found.at(-1)).toBe('slow: it or innocent computed')
  })

  it('finds one that began while others begin, and waits for something foreign', () => {
    const { hooks, found } = watched()
    hooks.taskStarted(taskOf('first'))
    hooks.taskStarted(taskOf('second'))
    expect(found).toEqual(['SLOW first'])
  })

  it('finds the task that was to go on when nothing more is seen before the loop turns', async () => {
    const { hooks, found } = watched()
    hooks.woken(waitOf(taskOf('last')))
    await turn()
    expect(found).toEqual(['SLOW last'])
  })

  it('counts no time in which the event loop turned', async () => {
    const { hooks, found } = watched()
    const task = taskOf('patient')
    hooks.waiting(waitOf(task))
    await turn()
    hooks.waiting(waitOf(task))
    await turn()
    hooks.taskEnded(task)
    expect(found).toEqual([])
  })

  it('finds nothing that takes less than the limit', () => {
    const found: string[] = []
    const hooks = slowSteps(Infinity, (code) => found.push(code))
    const task = taskOf('quick')
    hooks.taskStarted?.(task)
    hooks.taskEnded?.(task)
    expect(found).toEqual([])
  })
})
