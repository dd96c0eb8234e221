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
    this.#up(item, this.#items.length - 1)
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
    if (last === item) return
    const parent = this.#items[(slot - 1) >> 2]
    if (slot > 0 && parent !== undefined && this.#before(last, parent)) this.#up(last, slot)
    else this.#down(last, slot)
  }

  #up(item: T, from: number): void {
    const items = this.#items
    let slot = from
    while (slot > 0) {
      const above = (slot - 1) >> 2
      const parent = items[above] as T
      if (!this.#before(item, parent)) break
      items[slot] = parent
      parent.slot = slot
      slot = above
    }
    items[slot] = item
    item.slot = slot
  }

  #down(item: T, from: number): void {
    const items = this.#items
    const size = items.length
    let slot = from
    for (;;) {
      const first = 4 * slot + 1
      if (first >= size) break
      let least = first
      const end = Math.min(first + 4, size)
      for (let child = first + 1; child < end; child++) {
        if (this.#before(items[child] as T, items[least] as T)) least = child
      }
      const best = items[least] as T
      if (!this.#before(best, item)) break
      items[slot] = best
      best.slot = slot
      slot = least
    }
    items[slot] = item
    item.slot = slot
  }
}
