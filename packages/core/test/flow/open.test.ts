import {
  CancelScope,
  checkpoint,
  ClosedError,
  isCancelled,
  type Lease,
  now,
  open,
  sleep,
  spawn,
  timeout,
  TimeoutError,
} from 'corral'
import { testRun } from 'corral/testing'
import { describe, expect, expectTypeOf, test } from 'vitest'

function connection(log: string[]) {
  return open(
    async () => {
      await sleep(5)
      log.push('opened')
      return { name: 'c' }
    },
    async (value) => {
      await sleep(10)
      log.push(`closed ${value.name}`)
    },
  )
}

describe('open', () => {
  test('gives a lease that shows nothing of its value to who lists or prints it', () =>
    testRun(async () => {
      await using lease = await open(
        () => 5,
        () => {},
      )
      expect([JSON.stringify(lease), Object.keys(lease)]).toEqual(['{}', []])
    }))

  test('open gives a lease, and the end of the block releases and waits for it', () =>
    testRun(async () => {
      const log: string[] = []
      {
        await using lease = await connection(log)
        log.push(lease.value.name)
      }
      expect(log).toEqual(['opened', 'c', 'closed c'])
      expect(now()).toBe(15)
    }))

  test('it is released when the block fails', () =>
    testRun(async () => {
      const log: string[] = []
      const work = async () => {
        await using _lease = await connection(log)
        throw new Error('boom')
      }
      await expect(work()).rejects.toThrow('boom')
      expect(log).toEqual(['opened', 'closed c'])
    }))

  test('it is released to the end when the block is cancelled', () =>
    testRun(async () => {
      const log: string[] = []
      const work = timeout(7, async () => {
        await using _lease = await connection(log)
        await sleep(Infinity)
      })
      await expect(work).rejects.toBeInstanceOf(TimeoutError)
      expect(log).toEqual(['opened', 'closed c'])
      expect(now()).toBe(17)
    }))

  test('acquire that fails is not released', () =>
    testRun(async () => {
      let released = 0
      const failing = open(
        () => Promise.reject(new Error('refused')),
        () => void (released += 1),
      )
      await expect(failing).rejects.toThrow('refused')
      expect(released).toBe(0)
    }))

  test('what was acquired when the cancellation came is delivered, and released', () =>
    testRun(async () => {
      const scope = new CancelScope()
      let released = 0
      let after: unknown
      await scope.run(async () => {
        await using lease = await open(
          async () => {
            await checkpoint()
            scope.cancel()
            return 'value'
          },
          () => void (released += 1),
        )
        expect(lease.value).toBe('value')
        after = await checkpoint().catch((error: unknown) => error)
      })
      expect([released, isCancelled(after)]).toEqual([1, true])
    }))

  test('in a cancelled scope nothing is acquired', () =>
    testRun(async () => {
      const scope = new CancelScope()
      let acquired = 0
      await scope.run(async () => {
        scope.cancel()
        await using _lease = await open(
          () => ++acquired,
          () => {},
        )
      })
      expect([scope.cancelledCaught, acquired]).toEqual([true, 0])
    }))

  test('releasing twice is releasing once, and both wait for it', () =>
    testRun(async () => {
      let released = 0
      const lease = await open(
        () => 1,
        async () => {
          await sleep(10)
          released += 1
        },
      )
      const other = spawn(() => lease[Symbol.asyncDispose]())
      await lease[Symbol.asyncDispose]()
      expect(released).toBe(1)
      await other
      expect(released).toBe(1)
    }))

  test('the value is not to be had after it was released', () =>
    testRun(async () => {
      const lease = await open(
        () => 1,
        () => {},
      )
      await lease[Symbol.asyncDispose]()
      expect(() => lease.value).toThrow(ClosedError)
      expect(() => lease.value).toThrow('Lease.value: it was released; use it inside its block')
    }))

  test('what release throws is thrown by the block', () =>
    testRun(async () => {
      const work = async () => {
        await using _lease = await open(
          () => 1,
          () => {
            throw new Error('release')
          },
        )
      }
      await expect(work()).rejects.toThrow('release')
    }))

  test('arguments are checked', async () => {
    await expect(open(1 as never, () => {})).rejects.toThrow('open: acquire must be a function')
    await expect(open(() => 1, undefined as never)).rejects.toThrow(
      'open: release must be a function, got undefined',
    )
  })

  test('types: the lease carries the value', () => {
    const call = () =>
      open(
        async () => new Date(),
        (date) => void date.getTime(),
      )
    expectTypeOf(call).returns.resolves.toEqualTypeOf<Lease<Date>>()
  })
})
