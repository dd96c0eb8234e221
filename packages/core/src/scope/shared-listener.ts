/** Something foreign that tells: it has one listener of ours, however many of us listen. */
export class SharedListener {
  readonly #listeners = new Set<() => void>()
  readonly #add: (listener: () => void) => unknown
  readonly #remove: (listener: () => void) => unknown
  readonly #callAll = (): void => {
    for (const member of [...this.#listeners]) member()
  }

  constructor(add: (listener: () => void) => unknown, remove: (listener: () => void) => unknown) {
    this.#add = add
    this.#remove = remove
  }

  /** Calls `member` whenever it tells, until the function returned is called. */
  listen(member: () => void): () => void {
    if (this.#listeners.size === 0) this.#add(this.#callAll)
    this.#listeners.add(member)
    return () => {
      if (this.#listeners.delete(member) && this.#listeners.size === 0) this.#remove(this.#callAll)
    }
  }
}
