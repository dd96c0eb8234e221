import { MisuseError } from '../../errors.ts'
import { describe, requireDuration } from '../../kernel/guard.ts'
import { now } from '../../scope/sleep.ts'
import { sameValue } from '../run/same-value.ts'

export interface DrawMarblesOptions<T> {
  /** The letters that items are drawn as. Default: an item is drawn as its text. */
  readonly values?: Readonly<Record<string, T>>
  /** How long one character lasts, in milliseconds. Default 1. */
  readonly unit?: number
}

/**
 * Reads a source to its end and draws when what came: the reverse of `marbles`. Items of one moment
 * stand in brackets; an item without a letter whose text is longer than one character stands in `{}`.
 *
 * Cancellation: as reading the source.
 *
 * @example
 * await drawMarbles(marbles('a--(bc)-|')) // 'a--(bc)-|'
 */
export async function drawMarbles<T>(
  source: AsyncIterable<T>,
  options: DrawMarblesOptions<T> = {},
): Promise<string> {
  const { values = {}, unit = 1 } = options
  requireDuration('drawMarbles: unit', unit)
  if (source === null || source === undefined || !(Symbol.asyncIterator in Object(source))) {
    throw new MisuseError(`drawMarbles: source must be async iterable, got ${describe(source)}`)
  }
  const letters = Object.entries(values)
  const start = now()
  const columns: string[][] = []
  const put = (sign: string): void => {
    const at = Math.floor((now() - start) / unit)
    while (columns.length <= at) columns.push([])
    columns[at]?.push(sign)
  }
  try {
    for await (const item of source) {
      const text = letters.find(([, value]) => sameValue(value, item))?.[0] ?? String(item)
      put(text.length === 1 ? text : `{${text}}`)
    }
    put('|')
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') throw error
    put('#')
  }
  return columns.map(drawColumn).join('')
}

function drawColumn(signs: readonly string[]): string {
  return signs.length < 2 ? (signs[0] ?? '-') : `(${signs.join('')})`
}
