import { expect, it } from 'vitest'
import { LifoQueue, MisuseError, Queue, spawn } from '../../src/index.ts'
import { testRun, waitAllBlocked } from '../../src/testing.ts'

it('LifoQueue hands out the item put last first', () =>
  testRun(async () => {
    const queue = new LifoQueue<unknown>()
    expect(queue).toBeInstanceOf(Queue)
    for (const item of [3, undefined, 1, 0]) await queue.put(item)
    expect(await queue.get()).toBe(0)
    await queue.put(4)
    expect([await queue.get(), await queue.get(), queue.tryGet(), queue.tryGet()]).toEqual([
      4,
      1,
      undefined,
      3,
    ])
    expect(queue.size).toBe(0)
  }))

it('LifoQueue serves getters and putters in line first come first served', () =>
  testRun(async () => {
    const queue = new LifoQueue<string>({ capacity: 1 })
    const got: string[] = []
    const getters = ['first', 'second'].map((name) =>
      spawn(async () => got.push(`${name} ${await queue.get()}`)),
    )
    await waitAllBlocked()
    await queue.put('a')
    await queue.put('b')
    for (const getter of getters) await getter
    expect(got).toEqual(['first a', 'second b'])
    await queue.put('c')
    const putters = ['d', 'e'].map((item) => spawn(() => queue.put(item)))
    await waitAllBlocked()
    expect([await queue.get(), await queue.get(), await queue.get()]).toEqual(['c', 'd', 'e'])
    for (const putter of putters) await putter
  }))

it('LifoQueue gives a cancelled getter its item back to nobody: it never had it', () =>
  testRun(async () => {
    const queue = new LifoQueue<number>()
    const gone = spawn(() => queue.get())
    await waitAllBlocked()
    gone.cancel()
    await queue.put(1)
    expect([queue.getters, queue.size, await queue.get()]).toEqual([0, 1, 1])
    expect((await gone.settled()).status).toBe('rejected')
  }))

it('LifoQueue is closed, drained and joined as a Queue is', () =>
  testRun(async () => {
    const queue = new LifoQueue<number>()
    for (const item of [1, 2, 3]) await queue.put(item)
    queue.close()
    const seen: number[] = []
    for await (const item of queue) {
      seen.push(item)
      queue.taskDone()
    }
    await queue.join()
    expect(seen).toEqual([3, 2, 1])
    expect(() => queue.taskDone()).toThrow(MisuseError)
  }))

it('LifoQueue says its own name when its capacity is refused', () => {
  expect(() => new LifoQueue({ capacity: 0 })).toThrow('LifoQueue: capacity must be a whole number')
})
