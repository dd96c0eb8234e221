import { MisuseError } from '../errors.ts'

/** How a bad value is shown in a message: the value, then its type. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return `an array of ${value.length} (array)`
  const type = typeof value
  return `${shown(value, type)} (${type})`
}

function shown(value: unknown, type: string): string {
  if (type === 'string') return JSON.stringify(value)
  if (type === 'function') return (value as { name: string }).name || 'anonymous'
  if (type === 'object') {
    // A generator's constructor has no name.
    return (value as object).constructor?.name || Object.prototype.toString.call(value).slice(8, -1)
  }
  return String(value)
}

/** Refuses an argument. `where` reads `Api: argument`, the message `<where> must be <rule>, got <value> (<type>)`. */
export function refuse(where: string, rule: string, value: unknown): never {
  throw new MisuseError(`${where} must be ${rule}, got ${describe(value)}`)
}

/** A duration in milliseconds: at least 0, `Infinity` for no limit. `where` reads `Api: argument`. */
export function requireDuration(where: string, ms: number): void {
  if (typeof ms !== 'number' || !(ms >= 0)) {
    refuse(where, 'a number of milliseconds, at least 0 (Infinity for no limit)', ms)
  }
}

/** A moment in milliseconds since the epoch; `Infinity` for never. */
export function requireMoment(where: string, epochMs: number): void {
  if (typeof epochMs !== 'number' || Number.isNaN(epochMs)) {
    refuse(where, 'a number of milliseconds since the epoch (Infinity for never)', epochMs)
  }
}

/** A whole number of at least `least`. */
export function requireCount(where: string, count: number, least = 1): void {
  if (!Number.isSafeInteger(count) || count < least) {
    refuse(where, `a whole number of at least ${least}`, count)
  }
}

/** A whole number of at least `least`, or `Infinity` for no limit. */
export function requireLimit(where: string, count: number, least = 1): void {
  if (count !== Infinity && (!Number.isSafeInteger(count) || count < least)) {
    refuse(where, `a whole number of at least ${least}, or Infinity`, count)
  }
}

/** An options object. `where` reads `Api`. */
export function requireOptions(where: string, options: object): void {
  if (typeof options === 'object' && options !== null) return
  refuse(`${where}: options`, 'an object', options)
}

/** Whether it can be awaited: a promise, a task, a query that begins when it is awaited. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | undefined | null)?.then === 'function'
}

/** Work: passed as a function, never as a promise that already runs. */
export function requireFunction(where: string, fn: unknown): void {
  if (typeof fn === 'function') return
  if (isThenable(fn)) {
    throw new MisuseError(
      `${where} must be a function, got a promise that already runs (object); pass () => work() instead of work()`,
    )
  }
  refuse(where, 'a function', fn)
}

/** A name that can be read. */
export function requireName(where: string, name: unknown): void {
  if (typeof name !== 'string' || name === '') refuse(where, 'a string that is not empty', name)
}

/** One of a few words. */
export function requireWord(where: string, word: unknown, words: readonly string[]): void {
  if (words.includes(word as string)) return
  refuse(where, words.map((one) => JSON.stringify(one)).join(' or '), word)
}

/** A foreign AbortSignal, or none. */
export function requireSignal(where: string, signal: AbortSignal | undefined): void {
  if (signal === undefined || signal instanceof AbortSignal) return
  refuse(where, 'an AbortSignal', signal)
}

/** What a guard throws, as the rejection that callers of an async API expect. */
export function refused(guard: () => void): Promise<never> {
  try {
    guard()
  } catch (error) {
    return Promise.reject(error)
  }
  return Promise.reject(new MisuseError('the argument was refused'))
}
