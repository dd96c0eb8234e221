/** How to listen to something foreign. */
interface Source {
  add(listener: () => void): unknown
  remove(listener: () => void): unknown
}

const listening = new Map<unknown, { readonly members: Set<() => void>; tellAll(): void }>()

/**
 * Calls `member` whenever the source tells, until the function returned is called, once. However many
 * listen to what `key` stands for, the source has one listener of ours.
 */
export function listen(key: unknown, source: Source, member: () => void): () => void {
  let crowd = listening.get(key)
  if (crowd === undefined) {
    const members = new Set<() => void>()
    crowd = {
      members,
      tellAll() {
        for (const each of [...members]) each()
      },
    }
    listening.set(key, crowd)
    source.add(crowd.tellAll)
  }
  const { members, tellAll } = crowd
  members.add(member)
  return () => {
    members.delete(member)
    if (members.size > 0) return
    listening.delete(key)
    source.remove(tellAll)
  }
}
