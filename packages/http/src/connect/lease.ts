import type { Carrier } from './carrier.ts'

/** Who lends what carries requests. */
export interface Lender<T extends Carrier = Carrier> {
  giveBack(carrier: T): void
}

/** A connection, or a stream of one, and its place among the `limit`, for one exchange. */
export class Lease<T extends Carrier = Carrier> {
  readonly connection: T
  readonly #slot: Disposable
  #lender: Lender<T> | undefined

  constructor(connection: T, slot: Disposable, lender: Lender<T>) {
    this.connection = connection
    this.#slot = slot
    this.#lender = lender
  }

  /** Gives both back; twice is once. */
  release(): void {
    const lender = this.#lender
    if (lender === undefined) return
    this.#lender = undefined
    lender.giveBack(this.connection)
    this.#slot[Symbol.dispose]()
  }
}
