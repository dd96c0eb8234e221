/** What was granted, to be given back by disposing it; twice is once. */
export class Permit implements Disposable {
  #giveBack: ((amount: number) => void) | undefined
  readonly #amount: number

  constructor(giveBack: (amount: number) => void, amount: number) {
    this.#giveBack = giveBack
    this.#amount = amount
  }

  [Symbol.dispose](): void {
    const giveBack = this.#giveBack
    if (giveBack === undefined) return
    this.#giveBack = undefined
    giveBack(this.#amount)
  }
}
