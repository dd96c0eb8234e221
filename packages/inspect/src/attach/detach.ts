import { agentKey } from '../agent/agent-source.ts'
import { AttachError } from './attach-error.ts'
import { takeAttachLock } from './attach-lock.ts'
import { InspectorSession } from './inspector-session.ts'
import { findOpenInspector } from './open-inspector.ts'
import { requireTarget } from './target-process.ts'

/** Milliseconds in which the main thread comes by, if only to be interrupted. */
const reacts = 5000

/**
 * Takes away what an attach has left in a process: closes an inspector that was opened by signal.
 *
 * Cancellation: leaves it open.
 *
 * @returns what there was to close
 * @throws AttachError when the process cannot be looked into
 * @example
 * await detach(4711)
 */
export async function detach(pid: number): Promise<'closed' | 'nothing'> {
  const target = requireTarget(pid)
  await using lock = await takeAttachLock()
  void lock
  const listener = findOpenInspector(target)
  if (listener === undefined) return 'nothing'
  const session = await InspectorSession.open(listener)
  const expression = `${agentKey}?.remove(); process.getBuiltinModule('node:inspector').close()`
  if (await session.evaluateClosing(expression, reacts)) return 'closed'
  throw new AttachError('NO_ANSWER', `process ${pid} does not close its inspector`)
}
