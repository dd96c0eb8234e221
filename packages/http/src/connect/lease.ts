import type { Connection } from './connection.ts'

/** Who lends connections. */
export interface Lender {
  giveBack(connection: Connection): void
}

/** A connection and its place among the `limit`, for one exchange. */
export class Lease {
  readonly connection: Connection
  readonly #slot: Disposable
  #lender: Lender | undefined

  constructor(connection: Connection, slot: Disposable, lender: Lender) {
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
