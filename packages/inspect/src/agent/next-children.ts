import type { ScopeNode } from 'corral/lowlevel'

/** How far the children of a node have been listed. */
export interface ChildList {
  readonly node: ScopeNode
  /** The youngest child when the list was begun: those that come later are left out. */
  readonly youngest: ScopeNode | undefined
  readonly youngestId: number
  /** Those that were listed last. */
  listed: readonly ScopeNode[]
}

/**
 * Lists the children of a node behind those that were listed last: behind the last one of them that is still there, from
 * the first one on if none is. To walk along a hundred thousand takes long, so it lists `most` at a time. Its source is sent to
 * other processes: it names nothing outside.
 */
export function nextChildren(list: ChildList, most: number): readonly ScopeNode[] {
  const { node, youngest, youngestId, listed } = list
  const last = listed.findLast((each) => !each.closed && each.parent === node)
  const next: ScopeNode[] = []
  let child = last === undefined ? node.firstChild : last.next
  if (last === youngest && last !== undefined) child = undefined
  while (child !== undefined && next.length < most) {
    // Siblings are in the order of their ids.
    if (child.task?.scope === child && child.task.id > youngestId) break
    next.push(child)
    child = child === youngest ? undefined : child.next
  }
  list.listed = next
  return next
}
