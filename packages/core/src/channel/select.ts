import { MisuseError } from '../errors.ts'
import {
  currentScope,
  describe,
  handled,
  isUncancelled,
  requireFunction,
  suspend,
  Waiter,
} from '../lowlevel.ts'
import type { SelectCase } from './select-case.ts'
import { SelectState } from './select-state.ts'

/** One call that waits, such as `() => queue.get()`. */
export type Case<T> = () => PromiseLike<T> | T

/** The cases of a `select`: an array, a tuple or a record. */
export type Cases = readonly Case<unknown>[] | Readonly<Record<string, Case<unknown>>>

/** The same for a record whose type has no index signature, such as an interface; a function is none. */
export type CasesOf<T> =
  | Cases
  | (object & { readonly [K in keyof T]: Case<unknown> } & {
      readonly [Symbol.hasInstance]?: never
    })

/** Which case took effect, and what it gave: narrow `value` by `key`. */
export type Selected<T> = T extends readonly unknown[] ? Outcomes<T>[number] : Outcomes<T>[keyof T]

type Outcomes<T> = {
  readonly [K in keyof T]: T[K] extends Case<unknown>
    ? { readonly key: KeyOf<K>; readonly value: Awaited<ReturnType<T[K]>> }
    : never
}

type KeyOf<K> = K extends `${infer N extends number}` ? N : K

export interface SelectOptions {
  /** When several cases are ready, take a random one instead of the first in order. Default false. */
  readonly fair?: boolean
}

/**
 * Waits for one of several calls: exactly one takes effect, the others leave their lines as if they had
 * never come. A case is one call of ours, and decides by its first wait: get or put, send or receive, a
 * sleep, an event, the end of a task. When several are ready, the first in order is taken, so that
 * what matters most can stand first; it alone is served if it always is ready, unless `fair`.
 *
 * Cancellation: no case took effect; or one had, and its result is given.
 *
 * @throws what the case that was taken throws
 * @throws MisuseError when a case begins with a wait that is not ours: it could not be given up
 * @example
 * const won = await select({ item: () => queue.get(), late: () => sleep(100) })
 * if (won.key === 'item') console.log(won.value)
 * @see Go's select, Kotlin's select
 */
export function select<const T extends CasesOf<T>>(
  cases: T,
  options: SelectOptions = {},
): Promise<Selected<T>> {
  return handled(() => selectOne(cases, options)) as Promise<Selected<T>>
}

async function selectOne(cases: object, options: SelectOptions): Promise<unknown> {
  const list = listCases(cases)
  if (!isUncancelled()) await suspend(new Waiter('select'))
  const state = new SelectState()
  try {
    while (list.length > 0 && state.chosen === undefined) {
      const chance = options.fair === true ? currentScope().runtime.random() : 0
      const [next] = list.splice(Math.floor(chance * list.length), 1)
      state.begin(...(next as Entry))
      // No turn passes between two cases that wait: what comes in it would find nobody in line.
      const early = state.chosen as SelectCase | undefined
      if (early !== undefined) await early.requireWatchable()
    }
    const chosen = state.chosen ?? (await suspend(state.waiter()))
    return { key: chosen.key, value: await chosen.result }
  } finally {
    await state.end()
  }
}

type Entry = [key: string | number, call: Case<unknown>]

function listCases(cases: object): Entry[] {
  const list: Entry[] = Array.isArray(cases)
    ? (cases as readonly Case<unknown>[]).map((call, i): Entry => [i, call])
    : Object.entries((cases ?? {}) as Record<string, Case<unknown>>)
  if (list.length === 0) {
    throw new MisuseError(
      `select: cases must be an array or a record of at least one function, got ${describe(cases)}`,
    )
  }
  for (const [key, call] of list) requireFunction(`select: case ${key}`, call)
  return list
}
