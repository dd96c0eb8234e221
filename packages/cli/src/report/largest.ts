/** The items with the greatest values of all that were added, in bounded memory. */
export class Largest<T> {
  readonly #most: number
  readonly #value: (item: T) => number
  #items: T[] = []
  #least = -Infinity

  constructor(most: number, value: (item: T) => number) {
    this.#most = most
    this.#value = value
  }

  add(item: T): void {
    if (this.#value(item) <= this.#least) return
    this.#items.push(item)
    if (this.#items.length >= this.#most * 2) this.#trim()
  }

  /** The greatest first. */
  get items(): readonly T[] {
    this.#trim()
    return this.#items
  }

  #trim(): void {
    const sorted = this.#items.toSorted((a, b) => this.#value(b) - this.#value(a))
    this.#items = sorted.slice(0, this.#most)
    const last = this.#items[this.#most - 1]
    if (last !== undefined) this.#least = this.#value(last)
  }
}
