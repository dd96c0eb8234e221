import type { definition, WorkerDefinition, WorkerFunction } from './define-worker.ts'

interface Defined<F> {
  readonly [definition]: WorkerDefinition<F>
}

type DefinedIn<M> = { [K in keyof M]: M[K] extends Defined<infer F> ? F : never }[keyof M]

type Intersection<U> = (U extends unknown ? (u: U) => void : never) extends (u: infer I) => void
  ? I
  : never

/** The functions of a worker module: of what `defineWorker` returned, or of a module that exports it. */
export type FunctionsOf<M> = M extends Defined<infer F> ? F : Intersection<DefinedIn<M>>

/** What `run` and `iterate` take for a function: its arguments as an array, left out if it needs none. */
export type ArgumentsOf<T, O> = T extends (...args: infer A) => unknown
  ? [] extends A
    ? [args?: Readonly<A>, options?: O]
    : [args: Readonly<A>, options?: O]
  : never

/** What a function returns in the end. */
export type ResultOf<T> = T extends (...args: never[]) => infer R
  ? R extends
      | Generator<unknown, infer V, unknown>
      | AsyncGenerator<unknown, infer V, unknown>
      | AsyncIterator<unknown, infer V, unknown>
    ? V
    : Awaited<R>
  : never

/** What a generator yields on the way. */
export type ItemOf<T> = T extends (
  ...args: never[]
) => Generator<infer Y, unknown, unknown> | AsyncGenerator<infer Y, unknown, unknown>
  ? Y
  : never

/** The names of the functions that are generators. */
export type GeneratorsOf<F> = {
  [K in keyof F]: F[K] extends (
    ...args: never[]
  ) => Generator<unknown, unknown, never> | AsyncGenerator<unknown, unknown, never>
    ? K
    : never
}[keyof F]

export type { WorkerFunction }
