import type { ScopeNode, Waiter } from 'corral/lowlevel'

/** What is found in the scopes of one task. */
export interface Inside {
  readonly parent: number | undefined
  /** Milliseconds since the epoch; `-Infinity` when it is cancelled. */
  readonly deadline: number
  readonly children: number
  /** The ids of the first children, if it waits for them. */
  readonly awaited: readonly number[]
}

/**
 * Looks into one task: the scopes that it has opened, and the tasks below. Its source is sent to other processes: it names
 * nothing outside.
 *
 * @param most how many children are named
 */
export function insideOf(
  scope: ScopeNode,
  most: number,
  note: (waiter: Waiter<never>) => void,
): Inside {
  let deadline = scope.cancelledBy === undefined ? Infinity : -Infinity
  for (let node: ScopeNode | undefined = scope; node !== undefined; node = node.parent) {
    deadline = Math.min(deadline, node.deadlineTimer?.at ?? Infinity)
    if (node.shield) break
  }
  let children = 0
  let joins = false
  const awaited: number[] = []
  const open: ScopeNode[] = [scope]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    deadline = Math.min(deadline, node.deadlineTimer?.at ?? Infinity)
    for (let waiter = node.firstWaiter; waiter !== undefined; waiter = waiter.scopeNext) {
      joins ||= waiter.kind === 'TaskGroup.join'
      note(waiter)
    }
    for (let child = node.firstChild; child !== undefined; child = child.next) {
      const { task } = child
      if (task === undefined || task.scope !== child) {
        open.push(child)
      } else {
        children++
        if (joins && awaited.length < most) awaited.push(task.id)
      }
    }
  }
  return { parent: scope.parent?.task?.id, deadline, children, awaited }
}
