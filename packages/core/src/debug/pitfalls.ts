import type { Hooks } from '../kernel/hooks.ts'
import type { ScopeNode, TaskRecord, Waiter } from '../kernel/records.ts'
import { isTaskScope } from '../kernel/scope-tree.ts'
import { CallSite } from './call-site.ts'
import type { Found } from './found.ts'

/** Finds what goes wrong without a sound: swallowed cancellations, cleanup that is cut short, forgotten waits, callbacks without a task. */
export function pitfalls(found: Found): Hooks {
  const tasks = new WeakMap<ScopeNode, TaskRecord>() // a scope that has ended does not know its task
  const sites = new WeakMap<Waiter<never>, CallSite>()
  /** By scope whose body a cancellation has reached in a wait, or in one further in: which wait that was. */
  const cuts = new WeakMap<ScopeNode, CallSite>()
  const unshielded = new WeakSet<ScopeNode>()
  const outlived = new WeakSet<TaskRecord>()

  /** A wait in this scope threw: the cancellation is to pass through all scopes up to the one that it came from. */
  function cut(scope: ScopeNode, site: CallSite): void {
    if (scope.cancelledBy === undefined) return // a case of a select that was not taken
    for (let at: ScopeNode | undefined = scope; at !== undefined; at = at.parent) {
      cuts.set(at, site)
      if (at === scope.cancelledBy || isTaskScope(at)) return
    }
  }

  /** It is told once: the scopes further out have nothing to answer for. */
  function swallowed(scope: ScopeNode, task: TaskRecord, who: string): void {
    const site = cuts.get(scope)
    if (site === undefined) return
    for (let at: ScopeNode | undefined = scope; at !== undefined; at = at.parent) {
      if (cuts.get(at) === site) cuts.delete(at)
    }
    const what = `${who} was cancelled in a wait and returned as if nothing had happened`
    const advice = 'let Cancelled pass, and do in shield what must be finished'
    found('SWALLOWED', task, `${what}; ${advice}`, site)
  }

  return {
    taskSpawned(task) {
      tasks.set(task.scope, task)
    },
    waiting(waiter) {
      sites.set(waiter, new CallSite())
    },
    waitRejected(scope) {
      const site = new CallSite()
      const earlier = cuts.get(scope)
      cut(scope, site)
      if (scope.task === undefined || earlier === undefined) return
      if (unshielded.has(scope) || !site.isMadeIn(earlier)) return
      unshielded.add(scope)
      const what = 'it waits again after its cancellation, and that wait throws at once'
      found('UNSHIELDED', scope.task, `${what}; put cleanup that waits into shield`, site)
    },
    woken(waiter) {
      const { state, scope, kind } = waiter
      const site = sites.get(waiter)
      if (state !== 'cancelled' || scope?.task === undefined || site === undefined) return
      if (!scope.closed) return cut(scope, site)
      const what = `${kind} was under way when the scope around it ended`
      found('FORGOTTEN', scope.task, `${what}; await it, or spawn it as a task`, site)
    },
    returned(scope) {
      if (scope.task !== undefined) swallowed(scope, scope.task, `what ran in ${scope.name}`)
    },
    taskEnded(task) {
      if (task.status === 'fulfilled') swallowed(task.scope, task, 'it')
    },
    outlived(scope) {
      let home: ScopeNode | undefined = scope
      while (home !== undefined && !tasks.has(home)) home = home.parent
      const task = home && tasks.get(home)
      if (task === undefined || outlived.has(task)) return
      outlived.add(task)
      const what = 'it has ended, and a callback that was made in it goes on, outside of any task'
      const advice = 'end the callback with the task, or spawn into a group that lives'
      found('OUTLIVED', task, `${what}; ${advice}`, new CallSite())
    },
  }
}
