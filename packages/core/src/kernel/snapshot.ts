import { rootScope } from './current.ts'
import type { ScopeNode, TaskStatus, Waiter } from './records.ts'

/** The method by which a resource tells who holds it: tasks, for reports and for finding deadlocks. */
export const owners: unique symbol = Symbol.for('corral.owners')

/** A resource that can be held. */
export interface Owned {
  [owners](): readonly { readonly id: number; readonly name: string }[]
}

/**
 * Gives a class the `[owners]` method; called in its static block, `tell` can reach what is private.
 * (A class whose declarations are isolated cannot spell a method with a symbol of ours.)
 */
export function tellOwners<T extends object>(
  type: { readonly prototype: T },
  tell: (resource: T) => ReturnType<Owned[typeof owners]>,
): void {
  Object.defineProperty(type.prototype, owners, {
    value(this: T) {
      return tell(this)
    },
  })
}

/** One wait, as it was when asked. */
export interface WaitView {
  readonly kind: string
  readonly resource: object | undefined
  /** Milliseconds since the epoch. */
  readonly since: number
  /** Ids of the tasks that hold the resource, where it knows them. */
  readonly heldBy: readonly number[]
}

/** One task, as it was when asked. */
export interface TaskView {
  readonly id: number
  readonly name: string
  readonly status: TaskStatus
  readonly waits: readonly WaitView[]
  /** The scopes its waits stand in, outermost first, without the task's own. */
  readonly scopes: readonly string[]
  readonly children: readonly TaskView[]
}

/** The task tree below a scope, at this moment: who waits for what, on which resource, since when. */
export function snapshot(scope: ScopeNode = rootScope): TaskView[] {
  const tasks: TaskView[] = []
  for (let child = scope.firstChild; child !== undefined; child = child.next) {
    if (startsTask(child)) tasks.push(viewOf(child))
    else tasks.push(...snapshot(child))
  }
  return tasks
}

function viewOf(scope: ScopeNode): TaskView {
  const task = scope.task as NonNullable<ScopeNode['task']>
  const waits: WaitView[] = []
  const scopes: string[] = []
  collect(scope, waits, scopes)
  return {
    id: task.id,
    name: task.name,
    status: task.status,
    waits,
    scopes,
    children: snapshot(scope),
  }
}

/** The waits of one task: those in its own scope and in the scopes it has opened inside. */
function collect(scope: ScopeNode, waits: WaitView[], scopes: string[]): void {
  for (let waiter = scope.firstWaiter; waiter !== undefined; waiter = waiter.scopeNext) {
    waits.push(waitOf(waiter))
  }
  for (let child = scope.firstChild; child !== undefined; child = child.next) {
    if (startsTask(child)) continue
    if (child.name !== undefined) scopes.push(child.name)
    collect(child, waits, scopes)
  }
}

function waitOf(waiter: Waiter<never>): WaitView {
  const { kind, resource, since } = waiter
  const held = (resource as Partial<Owned>)?.[owners]?.() ?? []
  return { kind, resource, since, heldBy: held.map((task) => task.id) }
}

/** Whether a scope is the outermost one of a task. */
export function startsTask(scope: ScopeNode): boolean {
  return scope.task !== undefined && scope.task.scope === scope
}
