import { rootScope } from '../kernel/current.ts'
import type { ScopeNode, TaskStatus, Waiter } from '../kernel/records.ts'
import { effectiveDeadline } from '../kernel/cancellation.ts'
import { isTaskScope } from '../kernel/scope-tree.ts'
import { owners } from './owners.ts'
import type { Owned } from './owners.ts'
import { nameOf, statsOf } from './stats.ts'

/** One wait, as it was when asked. */
export interface WaitView {
  readonly kind: string
  readonly resource: object | undefined
  /** How the resource is called, where it was given a name. */
  readonly name: string | undefined
  /** Milliseconds since the epoch. */
  readonly since: number
  /** Ids of the tasks that hold the resource, where it knows them. */
  readonly heldBy: readonly number[]
  /** It is held by somebody whom it cannot name: code outside any task, or a callback. */
  readonly holdersUnknown: boolean
}

/** One task, as it was when asked. */
export interface TaskView {
  readonly id: number
  readonly name: string
  readonly status: TaskStatus
  /** When it will be cancelled at the latest, in milliseconds since the epoch; `Infinity` for never. */
  readonly deadline: number
  readonly waits: readonly WaitView[]
  /** The scopes its waits stand in, outermost first, without the task's own. */
  readonly scopes: readonly string[]
  readonly children: readonly TaskView[]
}

/** Where what is found below a scope goes: into the view of the innermost task around it. */
interface Finds {
  deadline: number
  readonly children: TaskView[]
  readonly waits: WaitView[]
  readonly scopes: string[]
}

type Found = Omit<TaskView, keyof Finds> & Finds

/** The task tree below a scope, at this moment: who waits for what, on which resource, since when. */
export function snapshot(scope: ScopeNode = rootScope): TaskView[] {
  const top: Finds = { deadline: Infinity, children: [], waits: [], scopes: [] }
  // With a stack of its own: tasks may be nested deeper than calls can be.
  const rest: [ScopeNode | undefined, Finds][] = [[scope.firstChild, top]]
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const [node, into] = next
    if (node !== undefined) rest.push([node.next, into], [node.firstChild, enter(node, into)])
  }
  return top.children
}

/** Notes a scope: a task, or one that a task has opened inside. */
function enter(scope: ScopeNode, around: Finds): Finds {
  let into = around
  if (isTaskScope(scope)) {
    const { id, name, status } = scope.task as NonNullable<ScopeNode['task']>
    const deadline = effectiveDeadline(scope)
    const view: Found = { id, name, status, deadline, waits: [], scopes: [], children: [] }
    around.children.push(view)
    into = view
  } else if (scope.name !== undefined) {
    into.scopes.push(scope.name)
  }
  into.deadline = Math.min(into.deadline, scope.deadlineTimer?.at ?? Infinity)
  for (let waiter = scope.firstWaiter; waiter !== undefined; waiter = waiter.scopeNext) {
    into.waits.push(waitOf(waiter))
  }
  return into
}

/** The tasks of a tree in a row, each before its children. */
export function everyTask(tasks: readonly TaskView[]): TaskView[] {
  const all: TaskView[] = []
  const rest = tasks.toReversed()
  for (let task = rest.pop(); task !== undefined; task = rest.pop()) {
    all.push(task)
    for (const child of task.children.toReversed()) rest.push(child)
  }
  return all
}

function waitOf(waiter: Waiter<never>): WaitView {
  const { kind, resource, since } = waiter
  const held = (resource as Partial<Owned>)?.[owners]?.() ?? []
  return {
    kind,
    resource,
    name: resource && nameOf(resource),
    since,
    heldBy: held.map((task) => task.id),
    holdersUnknown: statsOf(resource)?.holdersUnknown === true,
  }
}
