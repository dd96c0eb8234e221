import type { Session, Transaction, TransactionOptions } from '../database.ts'
import { attemptTransaction } from './attempt-transaction.ts'
import { Handle } from './handle.ts'
import { withRetry } from './with-retry.ts'

/** A reserved connection. */
export class OpenSession extends Handle implements Session {
  protected readonly name = 'Session'

  transaction<T>(
    fn: (tx: Transaction) => PromiseLike<T> | T,
    options: TransactionOptions = {},
  ): Promise<T> {
    const api = 'Session.transaction'
    return withRetry(api, fn, options, () =>
      this.exclusively(api, () => attemptTransaction(this.connection, this.log, fn, options, this)),
    )
  }
}
