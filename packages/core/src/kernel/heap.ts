/** What stands in a heap knows its slot (-1 when in none); the heap keeps it. */
export interface Slotted {
  slot: number
}

/**
 * A 4-ary min-heap whose items know their slot, so that any of them leaves in O(log n).
 * It is as stable as `before` is strict: give equal items an order of arrival.
 *
 *          0              children of i: 4i+1 .. 4i+4
 *     1  2  3  4          parent of i:   (i-1) >> 2
 *   5..8 9..12 ...
 */
export class Heap<T extends Slotted> {
  readonly #items: T[] = []
  readonly #before: (a: T, b: T) => boolean

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before
  }

  get size(): number {
    return this.#items.length
  }

  peek(): T | undefined {
    return this.#items[0]
  }

  push(item: T): void {
    this.#items.push(item)
    this.#place(item, this.#items.length - 1)
  }

  shift(): T | undefined {
    const first = this.#items[0]
    if (first !== undefined) this.remove(first)
    return first
  }

  remove(item: T): void {
    const slot = item.slot
    if (slot < 0) return
    item.slot = -1
    const last = this.#items.pop() as T
    if (last !== item) this.#place(last, slot)
  }

  /** Puts an item where it belongs: from a slot that is free up or, where it is not to go up, down. */
  #place(item: T, free: number): void {
    const items = this.#items
    let slot = free
    while (slot > 0) {
      const above = (slot - 1) >> 2
      if (!this.#before(item, items[above] as T)) break
      this.#set(slot, items[above] as T)
      slot = above
    }
    if (slot === free) slot = this.#sink(item, free)
    this.#set(slot, item)
  }

  /** Lets those below a free slot rise that come before the item; gives the slot that is free then. */
  #sink(item: T, free: number): number {
    const items = this.#items
    for (let slot = free; ;) {
      let least = 4 * slot + 1
      if (least >= items.length) return slot
      const end = Math.min(least + 4, items.length)
      for (let child = least + 1; child < end; child++) {
        if (this.#before(items[child] as T, items[least] as T)) least = child
      }
      if (!this.#before(items[least] as T, item)) return slot
      this.#set(slot, items[least] as T)
      slot = least
    }
  }

  #set(slot: number, item: T): void {
    this.#items[slot] = item
    item.slot = slot
  }
}
