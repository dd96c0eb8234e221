import { UsageError } from '../options/usage-error.ts'

/**
 * The process that a command is about.
 *
 * @throws UsageError when it is not one number
 */
export function processArgument([pid, ...surplus]: readonly string[]): number {
  if (pid === undefined) throw new UsageError('no process given; name its PID')
  const [extra] = surplus
  if (extra !== undefined) throw new UsageError(`unexpected argument "${extra}"`)
  if (!/^-?\d{1,15}$/.test(pid)) {
    throw new UsageError(`the process must be named by its PID, got "${pid}"`)
  }
  return Number(pid)
}
