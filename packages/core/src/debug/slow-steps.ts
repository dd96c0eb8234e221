import type { Hooks } from '../kernel/hooks.ts'
import { macrotask, monotonicNow, runOutside } from '../kernel/platform.ts'
import type { TaskRecord } from '../kernel/records.ts'
import type { Found } from './found.ts'

/**
 * Finds steps of `limit` ms that keep the event loop from turning. When it has not turned between two
 * moments at which something was seen to happen, somebody was computing: the task that began at the first
 * one, or else one of those who were to go on in this turn and have not come to a wait of ours since.
 */
export function slowSteps(limit: number, found: Found): Hooks {
  const awake = new Set<TaskRecord>()
  let beginning: TaskRecord | undefined
  let since: number | undefined // the loop has not turned

  function see(): void {
    const now = monotonicNow()
    const ms = since === undefined ? -1 : now - since
    if (since === undefined) runOutside(macrotask, turned)
    since = now
    const [first, ...others] = beginning === undefined ? awake : [beginning]
    beginning = undefined
    if (first === undefined || ms < limit) return
    const names = others.map(({ name }) => ` or ${name}`).join('')
    const what = `it${names} computed for ${Math.round(ms)} ms without a wait, and all others stood still`
    found('SLOW', first, `${what}; call checkpoint in long loops, or do it in a thread`)
  }

  function goesOn(task: TaskRecord | undefined): void {
    see()
    if (task !== undefined) awake.add(task)
  }

  function comesToRest(task: TaskRecord | undefined): void {
    if (task !== undefined) awake.add(task) // it may have gone on without our doing
    see()
    if (task !== undefined) awake.delete(task)
  }

  function turned(): void {
    see()
    since = undefined
    awake.clear()
  }

  return {
    taskStarted(task) {
      goesOn(task)
      beginning = task
    },
    woken: ({ scope }) => goesOn(scope?.task),
    waiting: ({ scope }) => comesToRest(scope?.task),
    taskEnded: comesToRest,
  }
}
