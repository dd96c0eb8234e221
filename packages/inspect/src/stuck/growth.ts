/** So often in a row a size must have grown, and to so much at least. */
const TIMES = 5
const LEAST = 100

/** Finds sizes that only grow. Each is told once, until it has fallen. */
export class Growth {
  readonly #sizes = new Map<string, { size: number; times: number; told: boolean }>()

  /** The names of those that have grown so often now, and never shrunk. */
  look(sizes: ReadonlyMap<string, number>): string[] {
    for (const name of this.#sizes.keys()) if (!sizes.has(name)) this.#sizes.delete(name)
    return [...sizes].flatMap(([name, size]) => {
      const before = this.#sizes.get(name)
      if (before === undefined || size < before.size) {
        this.#sizes.set(name, { size, times: 0, told: false })
        return []
      }
      if (size > before.size) before.times += 1
      before.size = size
      if (before.told || before.times < TIMES || size < LEAST) return []
      before.told = true
      return [name]
    })
  }
}
