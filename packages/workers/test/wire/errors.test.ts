import { Cancelled, CircuitOpenError } from 'corral'
import { describe, expect, test } from 'vitest'
import { WorkerError } from '../../src/errors.ts'
import { decodeError, errorClasses } from '../../src/wire/decode-error.ts'
import { encodeError } from '../../src/wire/encode-error.ts'

/** There and back. */
function travel(thrown: unknown, ...classes: (new (...args: never[]) => Error)[]): unknown {
  return decodeError(structuredClone(encodeError(thrown)), errorClasses(classes))
}

class Odd extends Error {
  override readonly name = 'Very odd'
  readonly #secret = 1
  readonly level: number
  constructor(level: number) {
    super(`level ${level}`)
    this.level = level
    if (this.#secret > 1) throw this
  }
}

describe('an error that travels', () => {
  test.each([
    new Error('a'),
    new TypeError('b'),
    new AggregateError([new RangeError('c'), new Error('d')], 'several'),
    new Error('e', { cause: new SyntaxError('f', { cause: 'text' }) }),
    new SuppressedError(new Error('g'), new Error('h'), 'i'),
    new Cancelled('enough'),
    new CircuitOpenError(12),
    new WorkerError('EXIT', 'gone'),
  ])('is the same: %s', (error) => {
    const copy = travel(error) as Error
    expect(copy).not.toBe(error)
    expect(copy).toEqual(error)
    expect(copy).toBeInstanceOf(error.constructor)
    expect(copy.stack).toBe(error.stack)
    expect(Object.keys(copy)).toEqual(Object.keys(error))
  })

  test('is of a class that is known by its name, and its constructor is not called', () => {
    const copy = travel(new Odd(3), Odd) as Odd
    expect(copy).toBeInstanceOf(Odd)
    expect([copy.level, copy.message, copy.name]).toEqual([3, 'level 3', 'Very odd'])
    expect(travel(new Odd(3))).not.toBeInstanceOf(Odd)
    expect((travel(new Odd(3)) as Error).name).toBe('Very odd')
  })

  test('takes suppressed errors along', () => {
    const error = Object.assign(new Error('first'), { suppressed: [new RangeError('second'), 3] })
    const copy = travel(error) as typeof error
    expect(copy.suppressed).toEqual([new RangeError('second'), 3])
    expect(copy.suppressed[0]).toBeInstanceOf(RangeError)
  })

  test('that causes itself ends somewhere', () => {
    const error = new Error('round')
    error.cause = error
    let depth = 0
    for (let at = travel(error) as Error; at.cause !== undefined; at = at.cause as Error) depth += 1
    expect(depth).toBeGreaterThan(3)
    expect(depth).toBeLessThan(20)
  })

  test('with a hostile name, message or property loses only that', () => {
    const error = Object.defineProperties(new Error('x'), {
      name: { value: Symbol('n') },
      stack: { value: 5 },
      fn: { value: () => 1, enumerable: true },
      ok: { value: 1, enumerable: true },
      ['__proto__']: { value: { evil: true }, enumerable: true },
    })
    const copy = travel(error) as Error
    expect(copy).toMatchObject({ name: 'Symbol(n)', message: 'x', ok: 1 })
    expect(copy).not.toHaveProperty('fn')
    expect(copy).toBeInstanceOf(Error)
    expect(copy).not.toHaveProperty('evil')
  })

  test.each([undefined, null, 0, 'text', { a: [1] }, new Map([[1, 2]])])(
    'that is no error is itself: %j',
    (value) => expect(travel(value)).toEqual(value),
  )

  test('that cannot be copied is told', () => {
    expect(travel(() => 1)).toBe('() => 1')
    expect(travel(Object.create(null, { f: { value: () => 1, enumerable: true } }))).toBe(
      '[object Object]',
    )
  })
})
