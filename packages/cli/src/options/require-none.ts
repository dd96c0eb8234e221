import { withoutCredentials } from '../format/without-secrets.ts'
import { UsageError } from './usage-error.ts'

/**
 * Refuses arguments that a command has no use for.
 *
 * @throws UsageError naming the first one
 */
export function requireNone(surplus: readonly string[]): void {
  const [first] = surplus
  if (first !== undefined) {
    throw new UsageError(`unexpected argument "${withoutCredentials(first)}"`)
  }
}
