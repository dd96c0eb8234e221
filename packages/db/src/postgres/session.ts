import type { Session, Transaction, TransactionOptions } from '../database.ts'
import { Handle } from './handle.ts'
import { attemptTransaction } from './attempt-transaction.ts'
import { withRetry } from './with-retry.ts'

/** One connection, reserved. */
export class PostgresSession extends Handle implements Session {
  protected readonly name = 'Session'

  transaction<T>(
    fn: (tx: Transaction) => PromiseLike<T> | T,
    options: TransactionOptions = {},
  ): Promise<T> {
    const api = 'Session.transaction'
    return withRetry(api, fn, options, () =>
      this.exclusively(api, () =>
        attemptTransaction(this.connection, this.sendOn, fn, options, this),
      ),
    )
  }
}
