/** Something foreign that tells: it has one listener of ours, however many of us listen. */
export class Herald {
  readonly #members = new Set<() => void>()
  readonly #add: (listener: () => void) => unknown
  readonly #remove: (listener: () => void) => unknown
  readonly #tell = (): void => {
    for (const member of [...this.#members]) member()
  }

  constructor(add: (listener: () => void) => unknown, remove: (listener: () => void) => unknown) {
    this.#add = add
    this.#remove = remove
  }

  /** Calls `member` whenever it tells, until the function returned is called. */
  listen(member: () => void): () => void {
    if (this.#members.size === 0) this.#add(this.#tell)
    this.#members.add(member)
    return () => {
      if (this.#members.delete(member) && this.#members.size === 0) this.#remove(this.#tell)
    }
  }
}
