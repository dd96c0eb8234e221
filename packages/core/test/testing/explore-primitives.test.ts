import { describe, expect, test } from 'vitest'
import { explorePrimitive, primitives } from './primitives/explore-primitive.ts'

describe('in every order, with every delay, cancelled everywhere', () => {
  test('almost every primitive is explored exhaustively', () => {
    expect(primitives.length).toBeGreaterThan(30)
    expect(primitives.filter(({ large }) => large).length).toBeLessThan(3)
  })

  test.each(primitives)('$name', { timeout: 60_000 }, async (primitive) => {
    expect(await explorePrimitive(primitive)).toBeGreaterThan(3)
  })
})
