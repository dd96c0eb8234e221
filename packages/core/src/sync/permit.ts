/** What was granted, to be given back by disposing it; twice is once. */
export class Permit<D> implements Disposable {
  declare then?: undefined

  static {
    // A promise that is resolved with a permit asks it for `then`: it is quicker to be told no at once
    // than to find nothing.
    this.prototype.then = undefined
  }

  /** How much was granted, or to whom: what it must know who takes it back. */
  readonly data: D
  #giveBack: ((permit: Permit<D>) => void) | undefined

  constructor(giveBack: (permit: Permit<D>) => void, data: D) {
    this.#giveBack = giveBack
    this.data = data
  }

  [Symbol.dispose](): void {
    const giveBack = this.#giveBack
    this.#giveBack = undefined
    giveBack?.(this)
  }
}
