import { isCancelled } from '../../errors.ts'
import { sameValue } from './same-value.ts'
import { showValue } from './show-value.ts'

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

/** What came of the search for an order. */
export interface Explanation {
  readonly found: boolean
  /** The longest order that the model agrees with, and the calls of which one must come next and none can. */
  readonly order: readonly Call[]
  readonly stuck: readonly Call[]
}

/**
 * Looks for an order of the calls that the model agrees with: depth first over those that no
 * unfinished business precedes. Every step starts a fresh model and repeats what has been chosen, so
 * that models need not be copied.
 */
export function findOrder(calls: readonly Call[], model: () => Model): Explanation {
  const all = calls.filter(
    ({ outcome }) => outcome === undefined || !('error' in outcome && isCancelled(outcome.error)),
  )
  const refuted = new Set<string>()
  let order: readonly Call[] = []
  let stuck: readonly Call[] = []
  return { found: extend([], new Set(all)), order, stuck }

  function extend(chosen: readonly Call[], open: ReadonlySet<Call>): boolean {
    const firstReturn = Math.min(...[...open].map(({ returned }) => returned))
    const next = [...open].filter((call) => call.called <= firstReturn)
    if (chosen.length > order.length || stuck.length === 0) [order, stuck] = [chosen, next]
    if (firstReturn === Infinity) return true // what is left never ended, and need not have happened
    for (const call of next) {
      const longer = [...chosen, call]
      const state = replay(longer, model)
      if (state === undefined) continue
      const rest = new Set(open)
      rest.delete(call)
      const key = `${[...rest].map(({ called }) => called).join()}:${state}`
      if (refuted.has(key)) continue
      if (extend(longer, rest)) return true
      if (state !== '') refuted.add(key)
    }
    return false
  }
}

/**
 * Does the calls one after the other. Undefined when the last one does not give what it gave; otherwise
 * the state of the model as text, as far as its public fields show it: empty when they do not.
 */
function replay(order: readonly Call[], make: () => Model): string | undefined {
  const model = make()
  let fits = true
  for (const call of order) fits = agrees(call, model)
  if (!fits) return undefined
  const state = showValue(Object.entries(model).filter(([, part]) => typeof part !== 'function'))
  return state === '[]' || state.includes('...') ? '' : state
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
