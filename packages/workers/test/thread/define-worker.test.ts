import { CancelScope, isCancelled, MisuseError, TaskLocal } from 'corral'
import { describe, expect, test } from 'vitest'
import { checkpoint, defineWorker, transfer } from '../../src/thread.ts'
import { definitionsIn } from '../../src/thread/define-worker.ts'
import { sums } from '../modules/sums.ts'

describe('defineWorker', () => {
  test('gives back the functions, to be called directly', () => {
    expect(sums.add(1, 2)).toBe(3)
    expect(Object.keys(sums)).toContain('add')
    expect(Object.isFrozen(sums)).toBe(true)
  })

  test('refuses what is no function, and none', () => {
    expect(() => defineWorker({ add: 3 as unknown as () => void })).toThrow(
      'defineWorker: add must be a function, got 3 (number)',
    )
    expect(() => defineWorker({})).toThrow(MisuseError)
  })
})

describe('the definitions in a module', () => {
  const add = (): number => 1

  test('are put together, whatever they are exported as', () => {
    const local = new TaskLocal('none')
    const module = {
      one: defineWorker({ add }, { context: { local } }),
      two: defineWorker({ other: add }),
      three: 3,
      four: null,
    }
    const { functions, context } = definitionsIn(module)
    expect(Object.keys(functions)).toEqual(['add', 'other'])
    expect(context).toEqual({ local })
    expect('toString' in functions).toBe(false)
  })

  test('may not give one name to two functions', () => {
    const module = { one: defineWorker({ add }), two: defineWorker({ add: (): number => 2 }) }
    expect(() => definitionsIn(module)).toThrow('the module defines add twice')
  })
})

describe('outside of a thread', () => {
  test('checkpoint throws in a cancelled scope, and does nothing in another', async () => {
    checkpoint()
    const scope = new CancelScope()
    let error: unknown
    await scope.run(async () => {
      checkpoint()
      scope.cancel()
      try {
        checkpoint()
      } catch (caught) {
        error = caught
      }
    })
    expect(isCancelled(error)).toBe(true)
  })

  test('transfer gives back its value', () => {
    const bytes = new Uint8Array(3)
    expect(transfer(bytes, [bytes.buffer])).toBe(bytes)
  })
})
