import { requireDuration, requireFunction } from '../kernel/guard.ts'
import { instrument, report } from '../kernel/hooks.ts'
import type { TaskRecord } from '../kernel/records.ts'
import { CallSite } from './call-site.ts'
import type { DebugWarningCode, Found } from './found.ts'
import { overdue } from './overdue.ts'
import { pitfalls } from './pitfalls.ts'
import { slowSteps } from './slow-steps.ts'

/** One thing that should not be so. */
export interface DebugWarning {
  readonly code: DebugWarningCode
  /** The name of the task. */
  readonly task: string
  /** Where the task was spawned, as `file:line:column`, where that is known. */
  readonly spawnedAt: string | undefined
  /** The call that it is about, such as the wait that was forgotten or cut short, as `file:line:column`, where that is known. */
  readonly place: string | undefined
  /** What happened, and what to do. */
  readonly message: string
}

export interface DebugOptions {
  /** How long a task may compute without a wait, in milliseconds. Default 100; `Infinity` for as long as it likes. */
  readonly slowStep?: number
  /** How long a task may go on after its cancellation, in milliseconds. Default 100; `Infinity` for as long as it likes. */
  readonly overdue?: number
  /** Told of each warning. Default: prints it to standard error. */
  readonly warn?: (warning: DebugWarning) => void
}

let stop: (() => void) | undefined

/**
 * Warns of what goes wrong without a sound, until the function returned is called: work that swallows its
 * cancellation, waits in its cleanup or goes on all the same, a wait that nobody awaited, a callback that outlives
 * its task, a step that keeps the event loop from turning. Importing `corral/debug` calls it; another call takes the place of the one before.
 *
 * Cost: a stack for each task and each wait, a few microseconds; while something is cancelled, a look at all scopes now and then.
 *
 * @throws MisuseError for a `slowStep` or `overdue` that is no duration, or a `warn` that is no function
 * @example
 * debug({ slowStep: 20, warn: ({ message }) => log.warn(message) })
 * @see asyncio's debug mode
 */
export function debug(options: DebugOptions = {}): () => void {
  const { slowStep = 100, overdue: afterwards = 100, warn = print } = options
  requireDuration('debug: slowStep', slowStep)
  requireDuration('debug: overdue', afterwards)
  requireFunction('debug: warn', warn)
  stop?.()
  const sites = new WeakMap<TaskRecord, CallSite>()
  const found: Found = (code, task, what, site) => {
    const { name } = task
    const spawnedAt = sites.get(task)?.place
    const place = site?.place
    const where = spawnedAt === undefined ? '' : `, spawned at ${spawnedAt}`
    const at = place === undefined ? '' : `, at ${place}`
    try {
      warn({ code, task: name, spawnedAt, place, message: `task ${name}${at}${where}: ${what}` })
    } catch (error) {
      report(error) // the next warning comes all the same
    }
  }
  const taskSpawned = (task: TaskRecord): void => void sites.set(task, new CallSite())
  const hooks = [{ taskSpawned }, pitfalls(found), slowSteps(slowStep, found)]
  const undo = [...hooks.map((each) => instrument(each)), overdue(afterwards, found)]
  return (stop = () => {
    for (const each of undo) each()
  })
}

function print({ code, message }: DebugWarning): void {
  console.error(`corral: ${code}: ${message}`)
}

debug()
