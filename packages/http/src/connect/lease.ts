import type { Connection } from './connection.ts'

/** A connection and its place among the `limit`, for one exchange. */
export class Lease {
  readonly connection: Connection
  #release: ((connection: Connection) => void) | undefined

  constructor(connection: Connection, release: (connection: Connection) => void) {
    this.connection = connection
    this.#release = release
  }

  /** Gives both back; twice is once. */
  release(): void {
    const release = this.#release
    this.#release = undefined
    release?.(this.connection)
  }
}
