import { currentTaskRecord } from '../../kernel/current.ts'
import { instrument } from '../../kernel/hooks.ts'
import { CancelScope } from '../../scope/cancel-scope.ts'
import { currentDriver } from './current-driver.ts'
import { InvariantError } from './invariant-error.ts'

/**
 * Asserts that `fn` is a good citizen: in a cancelled scope it throws `Cancelled` before it does
 * anything, and it waits at least once even when it could finish at once, so that others get a turn.
 * `fn` is called twice: first in a cancelled scope, then for its result.
 *
 * Cancellation: that of `fn`.
 *
 * @throws InvariantError when it is not
 * @throws MisuseError outside a test run
 * @example
 * const permit = await assertCheckpoint(() => semaphore.acquire())
 * @see trio.testing.assert_checkpoints
 */
export async function assertCheckpoint<T>(fn: () => PromiseLike<T> | T): Promise<T> {
  currentDriver('assertCheckpoint')
  const name = fn.name || 'fn'
  const scope = new CancelScope({ name: 'assertCheckpoint' })
  scope.cancel('assertCheckpoint looks whether it is noticed')
  await scope.run(() => fn())
  if (!scope.cancelledCaught) {
    throw new InvariantError(`assertCheckpoint: ${name} did not notice that it was cancelled`)
  }
  const task = currentTaskRecord()
  let waits = 0
  const stop = instrument({
    woken: ({ scope }) => {
      if (scope?.task === task) waits += 1
    },
  })
  try {
    const value = await fn()
    if (waits > 0) return value
  } finally {
    stop()
  }
  throw new InvariantError(`assertCheckpoint: ${name} came back without a checkpoint`)
}
