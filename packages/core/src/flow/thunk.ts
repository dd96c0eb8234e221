import { MisuseError } from '../errors.ts'
import { describe, requireFunction } from '../lowlevel.ts'

/** Work to be done: a function, never a promise that already runs. */
export type Thunk<T> = () => PromiseLike<T> | T

/** Many of them: an array, a tuple or a record. */
export type Thunks = readonly Thunk<unknown>[] | Readonly<Record<string, Thunk<unknown>>>

/** The same for a record whose type has no index signature, such as an interface; a function is none. */
export type ThunksOf<T> =
  | Thunks
  | (object & { readonly [K in keyof T]: Thunk<unknown> } & {
      readonly [Symbol.hasInstance]?: never
    })

/** What a thunk gives. */
export type ResultOf<F> = F extends () => infer R ? Awaited<R> : never

/** What each of them gives, in the shape they came in. */
export type ResultsOf<T> = { -readonly [K in keyof T]: ResultOf<T[K]> }

/** The thunks in order. */
export function listThunks(api: string, thunks: object): readonly Thunk<unknown>[] {
  if (typeof thunks !== 'object' || thunks === null) {
    throw new MisuseError(
      `${api}: thunks must be an array or a record of functions, got ${describe(thunks)}`,
    )
  }
  if (Array.isArray(thunks)) {
    for (let i = 0; i < thunks.length; i++) requireFunction(`${api}: thunks[${i}]`, thunks[i])
    return thunks as readonly Thunk<unknown>[]
  }
  return Object.entries(thunks).map(([key, thunk]) => {
    requireFunction(`${api}: thunks.${key}`, thunk)
    return thunk
  })
}

/** The keys of a record of thunks, which are the names of their tasks; an array has none. */
export function keysOf(thunks: object): readonly string[] | undefined {
  return Array.isArray(thunks) ? undefined : Object.keys(thunks)
}

/** The thunks of an array of at least one: a race that nobody runs in would never end. */
export function listRunners(
  api: string,
  thunks: readonly Thunk<unknown>[],
): readonly Thunk<unknown>[] {
  if (!Array.isArray(thunks) || thunks.length === 0) {
    throw new MisuseError(
      `${api}: thunks must be an array of at least one function, got ${describe(thunks)}`,
    )
  }
  return listThunks(api, thunks)
}

/** Gives results in order the shape of their thunks. */
export function inShapeOf(thunks: object, results: unknown[]): unknown {
  if (Array.isArray(thunks)) return results
  return Object.fromEntries(Object.keys(thunks).map((key, i) => [key, results[i]]))
}
