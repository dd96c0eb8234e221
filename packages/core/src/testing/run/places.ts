import { CallSite } from '../../debug/call-site.ts'
import { instrument } from '../../kernel/hooks.ts'
import type { Runtime, ScopeNode, TaskRecord, Waiter } from '../../kernel/records.ts'

/** So many waits are told apart by their place in a report. */
const MOST = 40

/**
 * Where in the user's code the waits and tasks of one run were begun. It costs a stack for each of them, so
 * it is made only for a run whose failure is known already, to be reported.
 */
export class Places implements Disposable {
  readonly #waits = new WeakMap<Waiter<never>, CallSite>()
  readonly #tasks = new WeakMap<TaskRecord, CallSite>()
  readonly #undo: () => void

  constructor(runtime: () => Runtime) {
    this.#undo = instrument({
      waiting: (waiter) => {
        if (waiter.scope?.runtime === runtime()) this.#waits.set(waiter, new CallSite())
      },
      taskSpawned: (task) => {
        if (task.scope.runtime === runtime()) this.#tasks.set(task, new CallSite())
      },
    })
  }

  /** A wait that the hooks do not tell of is begun here. */
  note(waiter: Waiter<never>): void {
    this.#waits.set(waiter, new CallSite())
  }

  /** As `file:line:column`; of a task's start it is where it was spawned. */
  ofWait(waiter: Waiter<never>): string | undefined {
    const { kind, scope } = waiter
    const task = kind === 'start' ? scope?.task : undefined
    return shortPlace((task && this.#tasks.get(task)?.place) ?? this.#waits.get(waiter)?.place)
  }

  ofTask(task: TaskRecord): string | undefined {
    return shortPlace(this.#tasks.get(task)?.place)
  }

  /** A line for each wait below a scope. */
  ofWaits(root: ScopeNode): string {
    const lines: string[] = []
    const visit = (scope: ScopeNode): void => {
      for (let waiter = scope.firstWaiter; waiter !== undefined; waiter = waiter.scopeNext) {
        const place = this.ofWait(waiter)
        if (place !== undefined) {
          lines.push(`  ${scope.task?.name ?? 'nobody'}: ${waiter.kind} at ${place}`)
        }
      }
      for (let child = scope.firstChild; child !== undefined; child = child.next) visit(child)
    }
    visit(root)
    if (lines.length === 0) return ''
    const more = lines.length > MOST ? [`  ... ${lines.length - MOST} more`] : []
    return ['where:', ...lines.slice(0, MOST), ...more].join('\n')
  }

  [Symbol.dispose](): void {
    this.#undo()
  }
}

/** A place as `shortPlace` gives it, taken apart. */
export function fileAndLine(place: string): { readonly file: string; readonly line: number } {
  const [, file = place, line] = /^(.*):(\d+)$/.exec(place) ?? []
  return { file, line: Number(line) }
}

/** The path from the working directory on, without the column. */
export function shortPlace(place: string | undefined): string | undefined {
  if (place === undefined) return undefined
  const path = place.replace(/^file:\/\//, '').replace(/:\d+$/, '')
  const folder = (globalThis as { process?: { cwd?: () => string } }).process?.cwd?.()
  return folder !== undefined && path.startsWith(`${folder}/`)
    ? path.slice(folder.length + 1)
    : path
}
