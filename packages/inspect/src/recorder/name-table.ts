import { nameStem } from '../name-stem.ts'

/** A longer name is cut. */
const LENGTH = 64

/**
 * Numbers for names, so that an event need not hold a string. It is of fixed size: when it is full, names that no event
 * in the ring can mention any more make room; then a name is told by its stem, and at the worst as `other`.
 */
export class NameTable {
  readonly #ids = new Map<string, number>()
  readonly #names: string[] = ['other']
  readonly #usedAt: Float64Array
  readonly #free: number[] = []
  readonly #size: number
  readonly #span: number
  #sweepAt = 0

  /**
   * @param size how many names
   * @param span how many events a name is remembered for after its last use
   */
  constructor(size: number, span: number) {
    this.#size = size
    this.#span = span
    this.#usedAt = new Float64Array(size)
  }

  /** @param count how many events there were so far: the one that it is for is the next */
  idOf(name: string, count: number): number {
    const id = this.#ids.get(name)
    if (id === undefined) return this.#add(name, count)
    this.#usedAt[id] = count
    return id
  }

  nameOf(id: number): string {
    return this.#names[id] ?? 'other'
  }

  #add(name: string, count: number): number {
    if (name.length > LENGTH) return this.idOf(copyOf(`${name.slice(0, LENGTH - 1)}…`), count)
    const free = this.#freeId(count)
    if (free === undefined) {
      const stem = nameStem(name)
      return stem === name ? 0 : this.idOf(stem, count)
    }
    const own = copyOf(name)
    this.#names[free] = own
    this.#ids.set(own, free)
    this.#usedAt[free] = count
    return free
  }

  #freeId(count: number): number | undefined {
    if (this.#names.length < this.#size) return this.#names.push('') - 1
    if (this.#free.length === 0 && count >= this.#sweepAt) this.#sweep(count)
    return this.#free.pop()
  }

  /** Lets go of what no event mentions any more; not again before there can be much to find. */
  #sweep(count: number): void {
    this.#sweepAt = count + this.#span / 16
    for (const [name, id] of this.#ids) {
      if ((this.#usedAt[id] as number) > count - this.#span) continue
      this.#ids.delete(name)
      this.#free.push(id)
    }
  }
}

/** Of its own: a piece cut out of a large text would keep all of it. */
function copyOf(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le')
}
