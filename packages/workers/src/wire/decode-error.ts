import * as corral from 'corral'
import { WorkerError } from '../errors.ts'
import { hidden } from './encode-error.ts'
import type { WireError, WireValue } from './encode-error.ts'

export type ErrorClass = abstract new (...args: never[]) => Error

/** Classes by name: those of the language, ours, and those of the pool's `errors`, which win. */
export function errorClasses(errors: readonly ErrorClass[]): ReadonlyMap<string, ErrorClass> {
  return new Map([...standard, ...errors].map((each) => [each.name, each]))
}

const standard: ErrorClass[] = [
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
  AggregateError,
  SuppressedError,
  WorkerError,
  ...Object.values<unknown>(corral).filter(isErrorClass),
]

/**
 * The thrown value again. An error is of its old class where that is known, with its properties; the
 * constructor is not called. Its stack is that of the thread, and below it that of the caller.
 *
 * @param caller a stack, without its first line
 */
export function decodeError(
  wire: WireError,
  classes: ReadonlyMap<string, ErrorClass>,
  caller: string = '',
): unknown {
  if (wire.kind === 'value') return wire.value
  const error = new Error(wire.message)
  const name = wire.classes.find((each) => classes.has(each))
  const known = name === undefined ? undefined : classes.get(name)
  if (known !== undefined) Object.setPrototypeOf(error, known.prototype as object)
  if (error.name !== wire.name) define(error, 'name', wire.name)
  for (const [key, value] of wire.properties) {
    const decoded = decodeValue(value, classes)
    define(error, key, decoded, !hidden.includes(key))
  }
  const stack = wire.stack ?? `${wire.name}: ${wire.message}`
  define(
    error,
    'stack',
    caller === '' ? stack : `${stack}\n    -- in a thread, called from --\n${caller}`,
  )
  return error
}

function decodeValue(value: WireValue, classes: ReadonlyMap<string, ErrorClass>): unknown {
  switch (value.kind) {
    case 'plain':
      return value.value
    case 'thrown':
      return decodeError(value.error, classes)
    case 'list':
      return value.values.map((item) => decodeValue(item, classes))
  }
}

/** Sets an own property, whatever its name; those of the language are there, but not listed. */
function define(error: Error, name: string, value: unknown, enumerable = false): void {
  Object.defineProperty(error, name, {
    value,
    writable: true,
    configurable: true,
    enumerable,
  })
}

function isErrorClass(value: unknown): value is ErrorClass {
  return typeof value === 'function' && value.prototype instanceof Error
}
