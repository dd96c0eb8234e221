/**
 * A first-in-first-out buffer that grows by doubling and never moves items on `shift`.
 *
 *   [ . . a b c . . . ]     head = 2, size = 3; the slot behind the last is (head + size) & mask
 */
export class RingBuffer<T> {
  #slots: (T | undefined)[] = new Array<T | undefined>(8)
  #mask = 7
  #head = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  push(item: T): void {
    if (this.#size > this.#mask) this.#grow()
    this.#slots[(this.#head + this.#size) & this.#mask] = item
    this.#size += 1
  }

  /** Takes the oldest item. Ask `size` first: an item may itself be undefined. */
  shift(): T | undefined {
    if (this.#size === 0) return undefined
    const item = this.#slots[this.#head]
    this.#slots[this.#head] = undefined
    this.#head = (this.#head + 1) & this.#mask
    this.#size -= 1
    if (this.#size === 0 && this.#mask > 1023) this.clear() // a burst leaves no room behind
    return item
  }

  /** Takes the newest item. */
  pop(): T | undefined {
    if (this.#size === 0) return undefined
    this.#size -= 1
    const slot = (this.#head + this.#size) & this.#mask
    const item = this.#slots[slot]
    this.#slots[slot] = undefined
    return item
  }

  /** The item `index` places behind the oldest. */
  at(index: number): T | undefined {
    return index < this.#size ? this.#slots[(this.#head + index) & this.#mask] : undefined
  }

  clear(): void {
    this.#slots = new Array<T | undefined>(8)
    this.#mask = 7
    this.#head = 0
    this.#size = 0
  }

  #grow(): void {
    const bigger = new Array<T | undefined>(2 * (this.#mask + 1))
    for (let i = 0; i < this.#size; i++) bigger[i] = this.#slots[(this.#head + i) & this.#mask]
    this.#slots = bigger
    this.#mask = bigger.length - 1
    this.#head = 0
  }
}
