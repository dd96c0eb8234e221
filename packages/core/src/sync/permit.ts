/** What was granted, to be given back by disposing it; twice is once. */
export class Permit implements Disposable {
  static {
    // A promise that is resolved with a permit asks it for `then`: it is quicker to be told no at once
    // than to find nothing.
    Object.defineProperty(this.prototype, 'then', { value: undefined })
  }

  #giveBack: ((amount: number, permit: Permit) => void) | undefined
  readonly #amount: number

  constructor(giveBack: (amount: number, permit: Permit) => void, amount: number) {
    this.#giveBack = giveBack
    this.#amount = amount
  }

  [Symbol.dispose](): void {
    const giveBack = this.#giveBack
    if (giveBack === undefined) return
    this.#giveBack = undefined
    giveBack(this.#amount, this)
  }
}
