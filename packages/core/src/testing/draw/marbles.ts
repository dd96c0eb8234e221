import { MisuseError } from '../../errors.ts'
import { describe, requireDuration } from '../../kernel/guard.ts'
import { now, sleepUntil } from '../../scope/sleep.ts'

export interface MarblesOptions<T> {
  /** What the letters stand for. Default: a letter stands for itself. */
  readonly values?: Readonly<Record<string, T>>
  /** What `#` throws. */
  readonly error?: Error
  /** How long one character lasts, in milliseconds. Default 1. */
  readonly unit?: number
}

/**
 * A source drawn as a line of time. A letter is an item, `-` one unit of time, `(ab)` several at one
 * moment, `|` the end, `#` an error, a space nothing. `-a-(bc)|` gives a at 1, b and c at 3, and ends
 * at 4. Time begins when somebody begins to read; items that nobody asks for in time wait.
 *
 * Cancellation: as `sleep`, between items.
 *
 * @throws MisuseError for what is no drawing
 * @example
 * const drawn = await drawMarbles(stream(marbles('a-b-|')).map((letter) => letter.toUpperCase()))
 * drawn // 'A-B-|'
 * @see RxJS's marble diagrams
 */
export function marbles<T = string>(
  drawing: string,
  options: MarblesOptions<T> = {},
): AsyncIterable<T> {
  const { values, unit = 1 } = options
  requireDuration('marbles: unit', unit)
  const events = parseMarbles(drawing)
  return {
    async *[Symbol.asyncIterator]() {
      const start = now()
      for (const { at, sign } of events) {
        await sleepUntil(start + at * unit)
        if (sign === '|') return
        if (sign === '#') throw options.error ?? new Error('#')
        yield values !== undefined && sign in values ? (values[sign] as T) : (sign as T)
      }
      await sleepUntil(Infinity)
    },
  }
}

interface MarbleEvent {
  readonly at: number
  readonly sign: string
}

function parseMarbles(drawing: string): MarbleEvent[] {
  if (typeof drawing !== 'string' || /[|#][ )-]*[^ )-]/.test(drawing)) refuse(drawing)
  const events: MarbleEvent[] = []
  let at = 0
  let group = false
  for (const sign of drawing) {
    if (sign === ' ') continue
    if ((sign === '(' && group) || (sign === ')' && !group)) refuse(drawing)
    if (sign === '(') group = true
    else if (sign === ')') group = false
    else if (sign !== '-') events.push({ at, sign })
    else if (group) refuse(drawing)
    if (!group) at += 1
  }
  if (group) refuse(drawing)
  return events
}

function refuse(drawing: string): never {
  throw new MisuseError(
    `marbles: drawing must be a line such as -a-(bc)|, with nothing after its end, got ${describe(drawing)}`,
  )
}
