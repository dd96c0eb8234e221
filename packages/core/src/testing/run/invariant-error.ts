import { CorralError } from '../../errors.ts'

/** What a test said must hold did not. */
export class InvariantError extends CorralError {
  declare readonly code: 'INVARIANT'

  constructor(message: string, options?: ErrorOptions) {
    super('INVARIANT', message, options)
  }

  static {
    this.prototype.name = 'InvariantError'
  }
}
