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
  it('finds a task that computes from its start to its end, or from a wait to the next one', () => {
    const { hooks, found } = watched()
    const [a, b] = [taskOf('a'), taskOf('b')]
    hooks.taskStarted(a)
    hooks.taskEnded(a)
    hooks.woken(waitOf(b))
    hooks.waiting(waitOf(b))
    expect(found).toEqual(['SLOW a', 'SLOW b'])
  })

  it('finds the task that went on last when nothing more is seen before the loop turns', async () => {
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
