interface Entry<T> {
  readonly at: number
  readonly order: number
  readonly value: T
}

/** What is due at some time, the earliest first; of equal times the one that came first. Adding and taking are O(log n). */
export class DueHeap<T> {
  readonly #entries: Entry<T>[] = []
  #added = 0

  get size(): number {
    return this.#entries.length
  }

  /** When the earliest is due; `Infinity` when there is none. */
  get nextAt(): number {
    return this.#entries[0]?.at ?? Infinity
  }

  add(at: number, value: T): void {
    const entry = { at, order: this.#added++, value }
    const entries = this.#entries
    let index = entries.push(entry) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = entries[parent]
      if (above === undefined || isBefore(above, entry)) break
      entries[index] = above
      index = parent
    }
    entries[index] = entry
  }

  /** Takes the earliest if it is due. */
  takeDue(now: number): T | undefined {
    const entries = this.#entries
    const [first] = entries
    if (first === undefined || first.at > now) return undefined
    const last = entries.pop()
    if (last !== undefined && last !== first) this.#sink(last)
    return first.value
  }

  #sink(entry: Entry<T>): void {
    const entries = this.#entries
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      let below = entries[child]
      const right = entries[child + 1]
      if (below !== undefined && right !== undefined && isBefore(right, below)) {
        child++
        below = right
      }
      if (below === undefined || isBefore(entry, below)) break
      entries[index] = below
      index = child
    }
    entries[index] = entry
  }
}

function isBefore(a: Entry<unknown>, b: Entry<unknown>): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
