import { run, sleep, spawn } from 'corral'
import { afterEach, describe, expect, test } from 'vitest'
import { capture } from '../../src/watchdog/capture.ts'

const key = 'corral.watchdog.test'
Object.assign(globalThis, { [Symbol.for(key)]: { beats: 7 } })

const before = ['prepareStackTrace', 'stackTraceLimit'].map(
  (name) => [name, Object.getOwnPropertyDescriptor(Error, name)] as const,
)
afterEach(() => {
  for (const [name, descriptor] of before) {
    if (Object.getOwnPropertyDescriptor(Error, name)?.configurable === false) continue // the last test
    if (descriptor === undefined) delete (Error as unknown as Record<string, unknown>)[name]
    else Object.defineProperty(Error, name, descriptor)
  }
})

describe('capture', () => {
  test('names the task that runs, those around it, and the functions that await', async () => {
    async function inner(): Promise<ReturnType<typeof capture>> {
      await sleep(0)
      return capture(key)
    }
    async function outer(): Promise<ReturnType<typeof capture>> {
      return await inner()
    }
    const { task, path, stack, beats } = await run(() => spawn(() => outer(), { name: 'req#5' }))
    expect(task?.name).toBe('req#5')
    expect(path).toEqual(['main', 'req#5'])
    expect(beats).toBe(7)
    expect(stack).toMatch(/at inner [^]*at async outer/)
  })

  test('names no task outside of any', () => {
    expect(capture(key)).toMatchObject({ task: undefined, path: [], debugged: false })
  })

  test("never runs the program's way to write stacks, and leaves it as it was", () => {
    let calls = 0
    const mine = (): string => `mine ${++calls}`
    Error.prepareStackTrace = mine
    Error.stackTraceLimit = 0
    expect(capture(key).stack).toContain('capture.test.ts')
    expect(calls).toBe(0)
    expect(Error.prepareStackTrace).toBe(mine)
    expect(Error.stackTraceLimit).toBe(0)
  })

  test('leaves an accessor of the program alone', () => {
    const descriptor = { get: () => 3, set: () => {}, configurable: true, enumerable: false }
    Object.defineProperty(Error, 'stackTraceLimit', descriptor)
    expect(capture(key).stack).toContain('capture.test.ts')
    expect(Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit')).toEqual(descriptor)
  })

  test('has no stack where it could not be taken without code of the program', () => {
    Object.defineProperty(Error, 'prepareStackTrace', { value: () => 'mine', configurable: false })
    expect(capture(key).stack).toBe('')
  })
})
