import { AttachError, type Attached } from '@corral/inspect/attach'
import { moveOnAfter } from 'corral'
import { printable } from '../format/printable.ts'
import { framesOf } from './stack-text.ts'

/**
 * Waits for the loop of a process to turn.
 *
 * @throws AttachError with who blocks it, when it does not
 */
export async function requireTurning(target: Attached, wait: number): Promise<void> {
  const { blocked, hello, connection, pid } = target
  if (blocked === undefined) return
  const turned = await moveOnAfter(wait, async () => connection?.ask('hello'))
  if (!turned.timedOut) return
  const { path, stack } = hello.running
  const where = framesOf(stack).slice(0, 3).map(printable).join(' ← ')
  throw new AttachError(
    'NO_ANSWER',
    `the loop of process ${pid} is blocked by ${path.map(printable).join(' > ') || 'code outside of any task'} at ${where}; corral ps ${pid} shows the tasks`,
  )
}
