import { activeSchedulers } from './records.ts'
import type { ScopeNode, TaskRecord, Waiter } from './records.ts'

/**
 * What can be seen while a program runs. Every hook is called synchronously from inside the kernel:
 * it must be quick, and must not wait. A hook that throws is taken off and its error reported.
 */
export interface Hooks {
  taskSpawned?(task: TaskRecord): void
  taskStarted?(task: TaskRecord): void
  taskEnded?(task: TaskRecord): void
  /**
   * Starts the body of a task, by a call of `body`, in a context of the observer's such as its span. What travels
   * along the awaits there travels along those of the task. One that calls nothing changes nothing.
   */
  around?(task: TaskRecord, body: () => void): void
  waiting?(waiter: Waiter<never>): void
  /** `state` of the waiter says whether it was granted or cancelled. */
  woken?(waiter: Waiter<never>): void
  /** A wait was begun in a cancelled scope, and threw at once. */
  waitRejected?(scope: ScopeNode): void
  /** The body of a scope that is cancelled, other than a task's, has returned a value. */
  returned?(scope: ScopeNode): void
  /** A call was made whose task has ended: a callback that outlives it. The call was made at the root. */
  outlived?(scope: ScopeNode): void
}

type Event = Exclude<keyof Hooks, 'around'>
type Subject<K extends Event> = Parameters<NonNullable<Hooks[K]>>[0]
type Listener<S> = (this: Hooks, subject: S, body?: () => void) => void

/** One hook of somebody. It takes its owner off when it throws. */
interface Hook<S> {
  readonly owner: Hooks
  readonly listener: Listener<S>
}
type Listeners = { readonly [K in Event]: readonly Hook<Subject<K>>[] }

const installed: Hooks[] = []

/** Who listens to what. A list is never changed, only replaced: an event under way goes to those of its beginning. */
export let listeners: Listeners = listenersOf([])
/** Who puts something around the bodies of tasks: asked for its length before `startAround` is called. */
export let wrappers: readonly Hook<TaskRecord>[] = []

/** True while anybody looks: the kernel asks this before it calls `emit`. */
export let observed = false

/** Calls `hooks` from now on, until the function returned is called. */
export function instrument(hooks: Hooks): () => void {
  installed.push(hooks)
  update()
  return () => uninstall(hooks)
}

function uninstall(hooks: Hooks): void {
  const index = installed.indexOf(hooks)
  if (index >= 0) installed.splice(index, 1)
  update()
}

function update(): void {
  observed = installed.length > 0
  listeners = listenersOf(installed)
  wrappers = hooksFor('around', installed)
}

function listenersOf(all: readonly Hooks[]): Listeners {
  return {
    taskSpawned: hooksFor('taskSpawned', all),
    taskStarted: hooksFor('taskStarted', all),
    taskEnded: hooksFor('taskEnded', all),
    waiting: hooksFor('waiting', all),
    woken: hooksFor('woken', all),
    waitRejected: hooksFor('waitRejected', all),
    returned: hooksFor('returned', all),
    outlived: hooksFor('outlived', all),
  }
}

function hooksFor<S>(event: keyof Hooks, all: readonly Hooks[]): readonly Hook<S>[] {
  return all.flatMap((owner) => {
    const listener = owner[event] as Listener<S> | undefined
    return listener === undefined ? [] : [{ owner, listener }]
  })
}

function call<S>(hook: Hook<S>, subject: S, body?: () => void): void {
  try {
    hook.listener.call(hook.owner, subject, body)
  } catch (error) {
    uninstall(hook.owner)
    report(error)
  }
}

/** Whether somebody looks on, or tests are run: for what costs too much to remember otherwise. */
export function isObserved(): boolean {
  return observed || activeSchedulers > 0
}

/** @param hooks those of one event, a property of `listeners`: finding it by name would cost more than an empty list */
export function emit<S>(hooks: readonly Hook<S>[], subject: S): void {
  for (let i = 0; i < hooks.length; i++) call(hooks[i] as Hook<S>, subject)
}

/** Starts the body of a task, inside of what the `around` hooks put around it. It is started once, whatever they do. */
export function startAround(
  task: TaskRecord,
  body: () => void,
  hooks: readonly Hook<TaskRecord>[] = wrappers,
  from = 0,
): void {
  const hook = hooks[from]
  if (hook === undefined) {
    body()
    return
  }
  let started = false
  const start = (): void => {
    if (started) return
    started = true
    startAround(task, body, hooks, from + 1)
  }
  call(hook, task, start)
  start()
}

/** Reports an error that nobody can be handed: as an unhandled rejection, once. */
export function report(error: unknown): void {
  void Promise.reject(error)
}
