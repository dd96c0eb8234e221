import type { ScopeNode } from '../../kernel/records.ts'
import { cancelScope, setDeadline } from '../../kernel/cancellation.ts'
import { isTaskScope } from '../../kernel/scope-tree.ts'
import type { PendingWake } from '../run/pending-wake.ts'
import { Failpoint } from './failpoint.ts'
import type { Fault } from './fault.ts'

/** Why an injected cancellation says that it came. */
export const injected = 'injected by the test'

/** Lets the faults of a plan happen at their wake-ups. */
export class FaultInjector {
  readonly #faults: readonly Fault[]
  /** What goes wrong at the places that were passed. */
  readonly #failing = new WeakMap<object, Fault['kind']>()

  constructor(faults: readonly Fault[]) {
    this.#faults = faults
  }

  /** The wake-up is about to take effect. */
  before(held: PendingWake): void {
    for (const { kind, seq } of this.#faults) {
      if (seq !== held.seq) continue
      if (kind === 'c') cancelTask(held)
      else if (kind === 'o') expireDeadline(held.waiter.scope)
      else if (held.waiter.resource instanceof Failpoint) {
        this.#failing.set(held.waiter.resource, kind)
      }
    }
  }

  /** The wake-up has had its effect, and everybody waits again. */
  after(held: PendingWake): void {
    for (const { kind, seq } of this.#faults) {
      if (seq !== held.seq) continue
      if (kind === 'w') cancelTask(held)
      else if (kind === 'v') expireDeadline(innermost(held.task?.scope))
    }
  }

  /** What goes wrong at a place that was passed. */
  at(point: Failpoint): Fault['kind'] | undefined {
    return this.#failing.get(point)
  }
}

function cancelTask({ task }: PendingWake): void {
  if (task !== undefined) cancelScope(task.scope, injected)
}

/** The scope in which the task waits now: the last one it has opened. */
function innermost(scope: ScopeNode | undefined): ScopeNode | undefined {
  for (let child = scope?.firstChild?.prev; child !== undefined;) {
    if (!isTaskScope(child)) return innermost(child)
    if (child === scope?.firstChild) break
    child = child.prev
  }
  return scope
}

/** The nearest deadline around runs out. */
function expireDeadline(scope: ScopeNode | undefined): void {
  for (let node = scope; node !== undefined; node = node.parent) {
    if (node.deadlineTimer === undefined) continue
    setDeadline(node, -Infinity)
    return
  }
}
