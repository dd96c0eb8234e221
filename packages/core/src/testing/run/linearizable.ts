import { currentTaskRecord } from '../../kernel/current.ts'
import { currentDriver } from './current-driver.ts'
import { findOrder } from './find-order.ts'
import type { Call, Explanation, notYet } from './find-order.ts'
import { InvariantError } from './invariant-error.ts'
import { showValue } from './show-value.ts'

/** The sequential twin of an object: the same methods, each done at once, on plain data. */
export type Sequential<T> = {
  readonly [K in keyof T as T[K] extends (...args: never[]) => unknown ? K : never]?: T[K] extends (
    ...args: infer A
  ) => infer R
    ? (...args: A) => Awaited<R> | typeof notYet
    : never
}

/**
 * Watches the calls of an object, and checks when the main task returns that they went as if they had
 * been made one after the other: in an order in which each takes effect between its call and its
 * return. The model says what an object used by one caller alone does; it returns `notYet` where a
 * call has to wait. Calls that were cancelled count as not made, calls without an end may be or not.
 *
 * Cost: a search that grows with how many calls overlap; meant for tens of calls.
 *
 * @param model makes a fresh model
 * @returns the object, to be used in place of the one given
 * @throws InvariantError out of the run, with the calls, when there is no such order
 * @throws MisuseError outside a test run
 * @example
 * const counter = linearizable(new Counter(), () => {
 *   let n = 0
 *   return { increment: () => ++n }
 * })
 * @see Herlihy, Wing: Linearizability, 1990
 */
export function linearizable<T extends object>(object: T, model: () => Sequential<T>): T {
  const driver = currentDriver('linearizable')
  const calls: Call[] = []
  let clock = 0
  driver.outcome.eventualities.push(() => {
    const explained = findOrder(
      calls,
      model as () => Record<string, (...args: unknown[]) => unknown>,
    )
    if (explained.found) return
    const what = `linearizable: ${object.constructor.name}: no order of these calls gives these results`
    throw new InvariantError(`${what}\n${printCalls(calls)}\n${printExplanation(explained)}`)
  })
  const names = new Set(Object.keys(model()))
  return new Proxy(object, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target)
      if (typeof value !== 'function') return value
      if (typeof property !== 'string' || !names.has(property)) return value.bind(target)
      return (...args: unknown[]) =>
        record(property, args, () => Reflect.apply(value, target, args))
    },
  })

  function record(method: string, args: unknown[], act: () => unknown): unknown {
    const by = currentTaskRecord()?.name ?? 'nobody'
    const call: Call = { method, args, by, called: clock++, returned: Infinity, outcome: undefined }
    calls.push(call)
    const end = (outcome: Call['outcome']): void => {
      call.returned = clock++
      call.outcome = outcome
    }
    const failed = (error: unknown): never => {
      end({ error })
      throw error
    }
    try {
      const result = act()
      if (typeof (result as PromiseLike<unknown> | undefined)?.then !== 'function') {
        end({ value: result })
        return result
      }
      return (result as PromiseLike<unknown>).then((value) => {
        end({ value })
        return value
      }, failed)
    } catch (error) {
      return failed(error)
    }
  }
}

function printCalls(calls: readonly Call[]): string {
  const rows = calls.map(({ by, method, args, called, returned, outcome }) => {
    const call = `${by}: ${method}(${args.map(showValue).join(', ')})`
    const end = returned === Infinity ? 'no end' : `${called}..${returned}`
    return [call, outcomeText(outcome), end] as const
  })
  const width = Math.max(...rows.map(([call]) => call.length))
  const wide = Math.max(...rows.map(([, outcome]) => outcome.length))
  return rows
    .map(([call, outcome, end]) => `  ${call.padEnd(width)}  ${outcome.padEnd(wide)}  ${end}`)
    .join('\n')
}

function outcomeText(outcome: Call['outcome']): string {
  if (outcome === undefined) return ''
  if ('value' in outcome) return `= ${showValue(outcome.value)}`
  return `throws ${outcome.error instanceof Error ? outcome.error.name : showValue(outcome.error)}`
}

function line({ by, method, args, outcome }: Call): string {
  return `  ${by}: ${method}(${args.map(showValue).join(', ')}) ${outcomeText(outcome)}`.trimEnd()
}

/** How far an order gets, and which calls do not fit after it. */
function printExplanation({ order, stuck }: Explanation): string {
  const explained = order.length === 0 ? ['  nothing'] : order.map(line)
  const some =
    stuck.length === 1
      ? 'this must come next, and does not fit'
      : 'one of these must come next, and none fits'
  return [
    'the longest order that can be explained:',
    ...explained,
    `${some}:`,
    ...stuck.map(line),
  ].join('\n')
}
