import type { ScopeNode } from 'corral/lowlevel'

/** How far the children of a node have been listed. */
export interface ChildList {
  readonly node: ScopeNode
  /** The id of a task that is younger than all that are listed. */
  readonly before: number
  /** Those that were listed last. */
  listed: readonly ScopeNode[]
}

/**
 * Lists the children of a node behind those that were listed last: behind the last one of them that is still there, from
 * the first one on if none is. To walk along a hundred thousand takes long, so it lists `most` at a time. Its source is sent to
 * other processes: it names nothing outside.
 */
export function nextChildren(list: ChildList, most: number): readonly ScopeNode[] {
  const { node, before, listed } = list
  const last = listed.findLast((each) => !each.closed && each.parent === node)
  const next: ScopeNode[] = []
  let child = last === undefined ? node.firstChild : last.next
  for (; child !== undefined && next.length < most; child = child.next) {
    const { task } = child
    // Siblings are not always in the order of their ids: one that a group has started hangs behind younger ones.
    if (task === undefined || task.scope !== child || task.id < before) next.push(child)
  }
  list.listed = next
  return next
}
