import { describe, expect, it } from 'vitest'
import {
  BrokenError,
  CancelScope,
  gather,
  isCancelled,
  RwLock,
  sleep,
  spawn,
} from '../../src/index.ts'
import type { Task } from '../../src/index.ts'
import { testRun, waitAllBlocked } from '../../src/testing.ts'
import { waitsBelow } from './wait-views.ts'

/** Tasks that read or write until told to stop; `inside` says who does at the moment. */
function crowd(lock: RwLock) {
  const inside: string[] = []
  const held = new Map<string, Disposable>()
  const enter = (name: string): Task<void> =>
    spawn(
      async () => {
        const permit = await (name.startsWith('w') ? lock.write() : lock.read())
        held.set(name, permit)
        inside.push(name)
        try {
          await sleep(1000)
        } finally {
          leave(name)
        }
      },
      { name },
    )
  const leave = (name: string): void => {
    if (inside.includes(name)) inside.splice(inside.indexOf(name), 1)
    held.get(name)?.[Symbol.dispose]()
  }
  return { enter, leave, inside }
}

const cancelRest = { leftovers: 'cancel' } as const

function counts(lock: RwLock): [number, boolean, number] {
  return [lock.readers, lock.writing, lock.waiting]
}

describe('RwLock', () => {
  it('counts the reads of one task that were let in together, and lets none write until the last is over', () =>
    testRun(async () => {
      const lock = new RwLock()
      spawn(async () => {
        using _writing = await lock.write()
        await sleep(1)
      })
      await sleep(0)
      const [first, second] = await Promise.all([lock.read(), lock.read()])
      second[Symbol.dispose]()
      second[Symbol.dispose]()
      expect(counts(lock)).toEqual([1, false, 0])
      const writing = lock.write()
      expect(counts(lock)).toEqual([1, false, 1])
      first[Symbol.dispose]()
      using _writing = await writing
      expect(counts(lock)).toEqual([0, true, 0])
    }))

  it('tells of a task that waits for itself, because it asked twice while another had it', async () => {
    const program = testRun(async () => {
      const lock = new RwLock()
      spawn(async () => {
        using _writing = await lock.write()
        await sleep(1)
      })
      await sleep(0)
      await Promise.all([lock.read(), lock.write()])
    })
    await expect(program).rejects.toThrow('in a circle: main waits for itself (RwLock.write)')
  })

  it('lets any number of tasks read together', () =>
    testRun(async () => {
      const lock = new RwLock()
      const { enter, leave, inside } = crowd(lock)
      for (const name of ['r1', 'r2', 'r3']) enter(name)
      await waitAllBlocked()
      expect([inside, counts(lock)]).toEqual([
        ['r1', 'r2', 'r3'],
        [3, false, 0],
      ])
      leave('r2')
      expect(counts(lock)).toEqual([2, false, 0])
    }, cancelRest))

  it('lets nobody read or write beside a writer', () =>
    testRun(async () => {
      const lock = new RwLock()
      const { enter, leave, inside } = crowd(lock)
      for (const name of ['w1', 'w2', 'r1', 'r2']) enter(name)
      await waitAllBlocked()
      expect([inside, counts(lock)]).toEqual([['w1'], [0, true, 3]])
      leave('w1')
      expect(counts(lock)).toEqual([0, true, 2])
      await waitAllBlocked()
      expect(inside).toEqual(['w2'])
      leave('w2')
      expect(counts(lock)).toEqual([2, false, 0])
      await waitAllBlocked()
      expect(inside).toEqual(['r1', 'r2'])
    }, cancelRest))

  it('holds readers back behind a writer in line, so that no writer starves', () =>
    testRun(async () => {
      const lock = new RwLock()
      const { enter, leave, inside } = crowd(lock)
      for (const name of ['r1', 'r2', 'w', 'r3']) enter(name)
      await waitAllBlocked()
      expect([inside, counts(lock)]).toEqual([
        ['r1', 'r2'],
        [2, false, 2],
      ])
      leave('r1')
      await waitAllBlocked()
      expect(inside).toEqual(['r2'])
      leave('r2')
      await waitAllBlocked()
      expect([inside, counts(lock)]).toEqual([['w'], [0, true, 1]])
      leave('w')
      await waitAllBlocked()
      expect(inside).toEqual(['r3'])
    }, cancelRest))

  it('lets the readers behind in at once when a writer in line is cancelled', () =>
    testRun(async () => {
      const lock = new RwLock()
      const { enter, inside } = crowd(lock)
      enter('r1')
      const writer = enter('w')
      for (const name of ['r2', 'r3', 'w2', 'r4']) enter(name)
      await waitAllBlocked()
      expect(inside).toEqual(['r1'])
      writer.cancel()
      expect(counts(lock)).toEqual([3, false, 2])
      await waitAllBlocked()
      expect(inside).toEqual(['r1', 'r2', 'r3'])
    }, cancelRest))

  it('lets nobody in early when one further back is cancelled', () =>
    testRun(async () => {
      const lock = new RwLock()
      const { enter, inside } = crowd(lock)
      enter('r1')
      enter('w1')
      const writer = enter('w2')
      enter('r2')
      await waitAllBlocked()
      writer.cancel()
      await waitAllBlocked()
      expect([inside, counts(lock)]).toEqual([['r1'], [1, false, 2]])
    }, cancelRest))

  it('lets a reader in that is granted and then cancelled; it stops reading when it leaves', () =>
    testRun(async () => {
      const lock = new RwLock()
      const held = await lock.write()
      const seen: unknown[] = []
      const reader = spawn(async () => {
        using _reading = await lock.read()
        seen.push(lock.readers)
        await sleep(1000).catch((error: unknown) => seen.push(isCancelled(error)))
      })
      await waitAllBlocked()
      held[Symbol.dispose]()
      reader.cancel()
      await reader.settled()
      expect([seen, counts(lock)]).toEqual([
        [1, true],
        [0, false, 0],
      ])
    }))

  it('counts each permit once, however often it is disposed', () =>
    testRun(async () => {
      const lock = new RwLock()
      const first = await lock.read()
      const task = spawn(async () => {
        using _reading = await lock.read()
        await sleep(1)
      })
      await waitAllBlocked()
      first[Symbol.dispose]()
      first[Symbol.dispose]()
      expect(counts(lock)).toEqual([1, false, 0])
      await task
      expect(counts(lock)).toEqual([0, false, 0])
    }))

  it('lets a task that reads read again, in callbacks for one', () =>
    testRun(async () => {
      const lock = new RwLock()
      using _first = await lock.read()
      using _second = await lock.read()
      expect(counts(lock)).toEqual([2, false, 0])
    }))

  it.each([
    ['read', 'write'],
    ['write', 'read'],
    ['write', 'write'],
  ] as const)('reports a task that holds it to %s and waits to %s', async (first, second) => {
    const program = testRun(async () => {
      const lock = new RwLock()
      using _held = await lock[first]()
      await lock[second]()
    })
    await expect(program).rejects.toThrow(`main waits for itself (RwLock.${second})`)
  })

  it.each(['read', 'write'] as const)(
    'is broken when a task ends that holds it to %s',
    async (mode) => {
      const test = testRun(async () => {
        const lock = new RwLock()
        const sloppy = spawn(
          async () => {
            await lock[mode]()
            await sleep(1)
          },
          { name: 'sloppy' },
        )
        const attempt = (wanted: 'read' | 'write') =>
          spawn(() => lock[wanted]().catch((error: unknown) => error))
        const waiters = [attempt('write'), attempt('read')]
        await sloppy
        const broken = (api: string) =>
          new BrokenError(
            `RwLock.${api}: task sloppy ended while it held the lock; dispose what acquire gave it, and check what the lock guards`,
          )
        expect([await waiters[0], await waiters[1]]).toEqual([broken('write'), broken('read')])
        await expect(lock.read()).rejects.toThrow(broken('read'))
        expect(lock.waiting).toBe(0)
      })
      await expect(test).rejects.toThrow(/by sloppy/)
    },
  )

  it('is whole again when all that ended tasks held is disposed', () =>
    testRun(async () => {
      const lock = new RwLock()
      const one = await spawn(() => lock.read(), { name: 'one' })
      const living = await spawn(() => lock.read().catch((error: unknown) => error))
      expect(living).toBeInstanceOf(BrokenError)
      one[Symbol.dispose]()
      expect(lock.readers).toBe(0)

      const both = await gather([() => lock.read(), () => lock.read()])
      await expect(lock.write()).rejects.toThrow(BrokenError)
      both[0][Symbol.dispose]()
      await expect(lock.write()).rejects.toThrow(BrokenError)
      both[1][Symbol.dispose]()
      using _writing = await lock.write()
    }))

  it('is a checkpoint though it is free', () =>
    testRun(async () => {
      const lock = new RwLock()
      for (const mode of ['read', 'write'] as const) {
        const scope = new CancelScope()
        scope.cancel()
        await scope.run(() => lock[mode]())
        expect([scope.cancelledCaught, counts(lock)]).toEqual([true, [0, false, 0]])
      }
    }))

  it('works outside any task, where nobody is told from anybody', async () => {
    const lock = new RwLock()
    const reading = [await lock.read(), await lock.read()]
    const writing = lock.write()
    expect(counts(lock)).toEqual([2, false, 1])
    for (const permit of reading) permit[Symbol.dispose]()
    ;(await writing)[Symbol.dispose]()
    expect(counts(lock)).toEqual([0, false, 0])
  })

  it('shows in the task tree with all who hold it', () =>
    testRun(async () => {
      const lock = new RwLock()
      const { enter } = crowd(lock)
      for (const name of ['r1', 'r2', 'w']) enter(name)
      await waitAllBlocked()
      expect(waitsBelow()).toEqual(['r1: sleep', 'r2: sleep', 'w: RwLock.write held by r1, r2'])
    }, cancelRest))

  it('lets 100 000 readers in at once behind one writer', async () => {
    const lock = new RwLock()
    const writing = await lock.write()
    const crowd = Promise.all(Array.from({ length: 100_000 }, () => lock.read()))
    expect(lock.waiting).toBe(100_000)
    writing[Symbol.dispose]()
    expect(counts(lock)).toEqual([100_000, false, 0])
    for (const permit of await crowd) permit[Symbol.dispose]()
    expect(counts(lock)).toEqual([0, false, 0])
  })
})
