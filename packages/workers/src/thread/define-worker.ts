import { MisuseError } from 'corral'
import type { TaskLocal } from 'corral'
import { describe, requireFunction } from 'corral/lowlevel'

/** A function that runs in a thread: arguments and result are copied. A generator's items are its progress. */
export type WorkerFunction = (...args: never[]) => unknown

/** Values that travel from the caller into the thread, by name. */
export type WorkerContext = Readonly<Record<string, TaskLocal<unknown>>>

/** In every copy of this package the same. */
export const definition: unique symbol = Symbol.for('@corral/workers')

/** What `defineWorker` returns: the functions, as they were. */
export type WorkerModule<F> = Readonly<F> & {
  readonly [definition]: WorkerDefinition<F>
}

export interface WorkerDefinition<F> {
  readonly functions: F
  readonly context: WorkerContext
}

/**
 * Says which functions of a module a pool may call in its threads. Export what it returns: the
 * functions can also be called directly, as in a test.
 *
 * @param options.context values that the caller's side sends along: the same names as in the pool's
 * @throws MisuseError when something is not a function
 * @example
 * export const primes = defineWorker({
 *   count(limit: number): number { return limit }, // say
 * })
 */
export function defineWorker<F extends Readonly<Record<string, WorkerFunction>>>(
  functions: F,
  options: { readonly context?: WorkerContext } = {},
): WorkerModule<F> {
  for (const [name, fn] of Object.entries(functions)) requireFunction(`defineWorker: ${name}`, fn)
  if (Object.keys(functions).length === 0) {
    throw new MisuseError('defineWorker: functions must be at least one, got none (object)')
  }
  const own: WorkerDefinition<F> = { functions, context: options.context ?? {} }
  return Object.freeze(
    Object.defineProperty({ ...functions }, definition, { value: own }),
  ) as WorkerModule<F>
}

/**
 * All that a module has defined, under one roof.
 *
 * @throws MisuseError when two definitions have the same name for different functions, or there is none
 */
export function definitionsIn(
  module: Readonly<Record<string, unknown>>,
): WorkerDefinition<Record<string, WorkerFunction>> {
  const functions: Record<string, WorkerFunction> = Object.create(null) as typeof functions
  const context: Record<string, TaskLocal<unknown>> = Object.create(null) as typeof context
  for (const exported of Object.values(module)) {
    const found = definitionOf(exported)
    for (const [name, fn] of Object.entries(found?.functions ?? {})) add(functions, name, fn)
    for (const [name, local] of Object.entries(found?.context ?? {})) add(context, name, local)
  }
  if (Object.keys(functions).length > 0) return { functions, context }
  throw new MisuseError(
    `WorkerPool: the module exports no worker (it has ${describe(Object.keys(module).join(', '))}); export what defineWorker returns`,
  )
}

function definitionOf(
  exported: unknown,
): WorkerDefinition<Record<string, WorkerFunction>> | undefined {
  if (typeof exported !== 'object' || exported === null) return undefined
  return (exported as Partial<WorkerModule<Record<string, WorkerFunction>>>)[definition]
}

function add<T>(record: Record<string, T>, name: string, value: T): void {
  if (record[name] !== undefined && record[name] !== value) {
    throw new MisuseError(`WorkerPool: the module defines ${name} twice; give one another name`)
  }
  record[name] = value
}
