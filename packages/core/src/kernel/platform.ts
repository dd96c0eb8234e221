import type { AsyncLocalStorage as Storage } from 'node:async_hooks'
import type { ScopeNode } from './records.ts'

/**
 * What time and chance are made of, captured when corral is loaded: a test that replaces the globals
 * later (fake timers) changes nothing in here.
 */
export const setTimeout: typeof globalThis.setTimeout = globalThis.setTimeout
export const clearTimeout: typeof globalThis.clearTimeout = globalThis.clearTimeout
export const random: () => number = Math.random
const { performance } = globalThis
const origin = performance.timeOrigin
const elapsed = performance.now.bind(performance)

interface NodeLike {
  setImmediate?: (fn: () => void) => unknown
  process?: { nextTick?: (fn: () => void) => void }
}
const node = globalThis as NodeLike

/** Runs `fn` in a macrotask of its own, after pending I/O had a turn. */
export const macrotask: (fn: () => void) => void = node.setImmediate ?? viaChannel()

/** Settled: what is chained to it runs in the next microtask. */
export const turn: Promise<void> = Promise.resolve()

/** Makes a function that has `fn` run when the queue of microtasks is empty. */
export const afterMicrotasks: (fn: () => void) => () => void =
  node.process?.nextTick === undefined
    ? (fn) => () => macrotask(fn)
    : ((nextTick) => (fn: () => void) => {
        const drained = (): void => nextTick(fn)
        return () => void turn.then(drained)
      })(node.process.nextTick)

/** Milliseconds since the epoch that never step back: the machine's clock when we were loaded, plus what has elapsed. */
export function monotonicNow(): number {
  return origin + elapsed()
}

function viaChannel(): (fn: () => void) => void {
  const { port1, port2 } = new MessageChannel()
  const waiting: (() => void)[] = []
  port1.onmessage = () => waiting.shift()?.()
  return (fn) => {
    waiting.push(fn)
    port2.postMessage(0)
  }
}

type AsyncHooks = { AsyncLocalStorage: typeof Storage }
type Host = { process?: { getBuiltinModule?: (id: string) => AsyncHooks | undefined } }

/**
 * The platform switch. Where there is no AsyncLocalStorage (browsers) nothing travels: every body is
 * handed its scope, and what it calls after its first await goes through `scope.enter`.
 */
const AsyncLocalStorage: typeof Storage | undefined = (
  globalThis as Host
).process?.getBuiltinModule?.('node:async_hooks')?.AsyncLocalStorage

const storage: Storage<ScopeNode> | undefined = AsyncLocalStorage && new AsyncLocalStorage()

/** Whether the scope travels along the awaits by itself. */
export const scopesTravel: boolean = storage !== undefined

/** Where nothing travels: the scope that was entered by the synchronous call that is running. */
let entered: ScopeNode | undefined

/** Runs `fn(argument)` and, where the scope travels, all it awaits in `scope`. */
export const runInScope: <A, R>(scope: ScopeNode, fn: (argument: A) => R, argument: A) => R =
  storage === undefined ? enter : (scope, fn, argument) => storage.run(scope, fn, argument)

/** The scope that the running code was started in, living or not; undefined at the root. */
export const storedScope: () => ScopeNode | undefined =
  storage === undefined ? () => entered : () => storage.getStore()

function enter<A, R>(scope: ScopeNode, fn: (argument: A) => R, argument: A): R {
  const before = entered
  entered = scope
  try {
    return fn(argument)
  } finally {
    entered = before
  }
}

/** Calls `fn` in the context in which corral was loaded: for what must not remember who happened to ask for it first. */
export const runOutside: <A extends unknown[], R>(fn: (...args: A) => R, ...args: A) => R =
  AsyncLocalStorage?.snapshot() ?? ((fn, ...args) => fn(...args))

/** Remembers all that travels along the awaits here: what it returns calls functions with it. */
export const captureContext: () => <R>(fn: () => R) => R =
  AsyncLocalStorage === undefined ? () => (fn) => fn() : () => AsyncLocalStorage.snapshot()

/** Something else that travels along the awaits: a value of the user's. */
export interface ContextVariable<T> {
  run<R>(value: T, fn: () => R): R
  get(): T | undefined
}

export function contextVariable<T>(): ContextVariable<T> {
  if (AsyncLocalStorage !== undefined) {
    const values = new AsyncLocalStorage<T>()
    return { run: (value, fn) => values.run(value, fn), get: () => values.getStore() }
  }
  let current: T | undefined
  return {
    get: () => current,
    run(value, fn) {
      const before = current
      current = value
      try {
        return fn()
      } finally {
        current = before
      }
    },
  }
}
