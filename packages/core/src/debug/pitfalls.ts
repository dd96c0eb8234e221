import type { Hooks } from '../kernel/hooks.ts'
import type { ScopeNode, TaskRecord } from '../kernel/records.ts'
import type { Found } from './found.ts'

/** Finds what goes wrong without a sound: swallowed cancellations, forgotten waits, callbacks without a task. */
export function pitfalls(found: Found): Hooks {
  const tasks = new WeakMap<ScopeNode, TaskRecord>() // a scope that has ended does not know its task
  const cutShort = new WeakSet<TaskRecord>()
  const outlived = new WeakSet<TaskRecord>()

  /** A wait in this scope threw: by the cancellation of its task, or of a part of it only. */
  function cut({ cancelledBy, task }: ScopeNode): void {
    if (task !== undefined && cancelledBy !== undefined && cancelledBy === task.scope.cancelledBy) {
      cutShort.add(task)
    }
  }

  return {
    taskSpawned(task) {
      tasks.set(task.scope, task)
    },
    waitRejected: cut,
    woken({ state, scope, kind }) {
      if (state !== 'cancelled' || scope?.task === undefined) return
      if (!scope.closed) return cut(scope)
      const what = `${kind} was under way when the scope around it ended`
      found('FORGOTTEN', scope.task, `${what}; await it, or spawn it as a task`)
    },
    taskEnded(task) {
      if (task.status !== 'fulfilled' || !cutShort.has(task)) return
      const what = 'it was cancelled in a wait and returned as if nothing had happened'
      found(
        'SWALLOWED',
        task,
        `${what}; let Cancelled pass, and do in shield what must be finished`,
      )
    },
    outlived(scope) {
      let home: ScopeNode | undefined = scope
      while (home !== undefined && !tasks.has(home)) home = home.parent
      const task = home && tasks.get(home)
      if (task === undefined || outlived.has(task)) return
      outlived.add(task)
      const what = 'it has ended, and a callback that was made in it goes on, outside of any task'
      found(
        'OUTLIVED',
        task,
        `${what}; end the callback with the task, or spawn into a group that lives`,
      )
    },
  }
}
