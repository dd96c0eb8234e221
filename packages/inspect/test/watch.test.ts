import { Queue } from 'corral'
import { nameOf } from 'corral/lowlevel'
import { describe, expect, test } from 'vitest'
import { watch, watchedResources } from '../src/watch.ts'

describe('watch', () => {
  test('names the resource, and forgets it when it is disposed', () => {
    const queue = new Queue()
    {
      using _ = watch('orders', queue)
      expect(nameOf(queue)).toBe('orders')
      expect(watchedResources().get('orders')).toBe(queue)
    }
    expect(watchedResources().size).toBe(0)
  })

  test('refuses a name that is taken, and what tells no numbers', () => {
    using _ = watch('orders', new Queue())
    expect(() => watch('orders', new Queue())).toThrow('watch: orders is watched already')
    expect(() => watch('things', {})).toThrow('watch: things tells no numbers')
    expect(() => watch('', new Queue())).toThrow('watch: name must be')
  })
})
