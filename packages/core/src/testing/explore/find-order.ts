import { isCancelled } from '../../errors.ts'
import { sameValue } from '../run/same-value.ts'

/** What a model returns for a call that would have to wait. */
export const notYet: unique symbol = Symbol('not yet')

/** One call of an object: from when to when, by an order of calls and returns, and what came of it. */
export interface Call {
  readonly method: string
  readonly args: readonly unknown[]
  readonly by: string
  readonly called: number
  returned: number
  outcome: { readonly value: unknown } | { readonly error: unknown } | undefined
}

type Model = Record<string, (...args: unknown[]) => unknown>

/**
 * Whether there is an order of the calls that the model agrees with: depth first over those that no
 * unfinished business precedes. Every step starts a fresh model and repeats what has been chosen, so
 * that models need not be copied.
 */
export function findOrder(calls: readonly Call[], model: () => Model): boolean {
  const all = calls.filter(
    ({ outcome }) => outcome === undefined || !('error' in outcome && isCancelled(outcome.error)),
  )
  const refuted = new Set<string>()
  return extend([], new Set(all))

  function extend(order: readonly Call[], open: ReadonlySet<Call>): boolean {
    const firstReturn = Math.min(...[...open].map(({ returned }) => returned))
    if (firstReturn === Infinity) return true // what is left never ended, and need not have happened
    for (const call of open) {
      if (call.called > firstReturn) continue
      const next = [...order, call]
      const state = replay(next, model)
      if (state === undefined) continue
      const rest = new Set(open)
      rest.delete(call)
      const key = `${[...rest].map(({ called }) => called).join()}:${state}`
      if (refuted.has(key)) continue
      if (extend(next, rest)) return true
      if (state !== '') refuted.add(key)
    }
    return false
  }
}

/**
 * Does the calls one after the other. Undefined when the last one does not give what it gave; otherwise
 * the state of the model as text, as far as it shows it by `toJSON` or public fields: empty when it does not.
 */
function replay(order: readonly Call[], make: () => Model): string | undefined {
  const model = make()
  let fits = true
  for (const call of order) fits = agrees(call, model)
  if (!fits) return undefined
  const state = JSON.stringify(model)
  return state === '{}' ? '' : state
}

function agrees({ method, args, outcome }: Call, model: Model): boolean {
  let value: unknown
  try {
    value = model[method]?.(...args)
  } catch (error) {
    if (outcome === undefined) return true
    return 'error' in outcome && (error as Error)?.name === (outcome.error as Error)?.name
  }
  if (value === notYet) return false
  return outcome === undefined || ('value' in outcome && sameValue(value, outcome.value))
}
