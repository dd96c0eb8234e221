import { outside } from '../kernel/context.ts'
import type { Hooks } from '../kernel/hooks.ts'
import { macrotask, monotonicNow } from '../kernel/originals.ts'
import type { TaskRecord } from '../kernel/records.ts'
import type { Found } from './found.ts'

/**
 * Finds steps of `limit` ms that keep the event loop from turning. When it has not turned between two
 * moments at which something was seen to happen, somebody was computing: the task that came to a wait or to
 * its end at the second one. When nothing more was seen in that turn, it was the one that was to go on last.
 */
export function slowSteps(limit: number, found: Found): Hooks {
  let since: number | undefined // the loop has not turned
  let running: TaskRecord | undefined

  function see(ending: TaskRecord | undefined, next: TaskRecord | undefined): void {
    const now = monotonicNow()
    if (since === undefined) {
      outside(macrotask, turned)
    } else if (ending !== undefined && now - since >= limit) {
      const what = `it computed for ${Math.round(now - since)} ms without a wait, and all others stood still`
      found('SLOW', ending, `${what}; call checkpoint in long loops, or do it in a thread`)
    }
    since = now
    running = next
  }

  function turned(): void {
    see(running, undefined)
    since = undefined
  }

  return {
    taskStarted: (task) => see(undefined, task),
    woken: ({ scope }) => see(undefined, scope?.task),
    waiting: ({ scope }) => see(scope?.task, undefined),
    taskEnded: (task) => see(task, undefined),
  }
}
