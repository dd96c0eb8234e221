import type { GroupWait, Reading } from '@corral/inspect/attach'

/** Resources without a name that are told apart. */
const most = 3

/**
 * The waits of a group, those for many things without a name as one: two hundred tasks that wait each for a queue of its own wait
 * for queues.
 */
export function mergedWaits(
  waits: readonly GroupWait[],
  resources: Reading['resources'],
): readonly GroupWait[] {
  const merged: GroupWait[] = []
  for (const alike of Map.groupBy(waits, ({ kind }) => kind).values()) {
    const isUnnamed = ({ resource }: GroupWait): boolean => resources[resource]?.name === undefined
    const unnamed = alike.filter(isUnnamed)
    if (unnamed.length <= most) {
      merged.push(...alike)
      continue
    }
    const oldest = unnamed.reduce((one, other) => (other.since < one.since ? other : one))
    const count = unnamed.reduce((sum, each) => sum + each.count, 0)
    merged.push(...alike.filter((wait) => !isUnnamed(wait)), { ...oldest, resource: -1, count })
  }
  return merged
}
