import { livingScope } from '../../kernel/current.ts'
import { storedScope } from '../../kernel/platform.ts'
import type { Runtime } from '../../kernel/records.ts'

type Listener = (reason: unknown, promise: Promise<unknown>) => void

interface HostProcess {
  listeners(event: 'unhandledRejection'): Listener[]
  on(event: 'unhandledRejection', listener: Listener): unknown
  removeAllListeners(event: 'unhandledRejection'): unknown
  removeListener(event: 'unhandledRejection', listener: Listener): unknown
}

const host = (globalThis as { process?: Partial<HostProcess> }).process
const runs = new Map<Runtime, (reason: unknown) => void>()
let others: Listener[] = []

/**
 * Tells a run of the rejections in it that nobody handles, in place of those who are told otherwise; the
 * process's other ones go where they always go. Until the function returned is called.
 */
export function onUnhandledRejection(
  runtime: Runtime,
  tell: (reason: unknown) => void,
): () => void {
  if (host?.listeners === undefined) return () => {}
  runs.set(runtime, tell)
  if (runs.size === 1) {
    others = host.listeners('unhandledRejection')
    host.removeAllListeners?.('unhandledRejection')
    host.on?.('unhandledRejection', dispatch)
  }
  return () => {
    runs.delete(runtime)
    if (runs.size > 0) return
    host.removeListener?.('unhandledRejection', dispatch)
    for (const other of others) host.on?.('unhandledRejection', other)
    others = []
  }
}

function dispatch(reason: unknown, promise: Promise<unknown>): void {
  const runtime = (storedScope() ?? livingScope())?.runtime
  const tell = runtime && runs.get(runtime)
  if (tell !== undefined) tell(reason)
  else if (others.length > 0) for (const other of others) other(reason, promise)
  else throw reason // as without a listener: an uncaught exception
}
