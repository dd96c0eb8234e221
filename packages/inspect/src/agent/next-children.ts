import type { ScopeNode } from 'corral/lowlevel'

/**
 * The children of a node behind those that were listed last: behind the last one of them that is still there, from the first
 * one on if none is. To walk along a hundred thousand takes long, so there are `most` at a time. Its source is sent to other
 * processes: it names nothing outside.
 *
 * @param before the id of the first task that is left out for being too young
 */
export function nextChildren(
  node: ScopeNode,
  listed: readonly ScopeNode[],
  before: number,
  most: number,
): readonly ScopeNode[] {
  const last = listed.findLast((each) => !each.closed && each.parent === node)
  const next: ScopeNode[] = []
  let child = last === undefined ? node.firstChild : last.next
  for (; child !== undefined && next.length < most; child = child.next) {
    const { task } = child
    // Siblings are not always in the order of their ids: one that a group has started hangs behind younger ones.
    if (task === undefined || task.scope !== child || task.id < before) next.push(child)
  }
  return next
}
