import { describe, expect, it } from 'vitest'
import {
  Barrier,
  CapacityLimiter,
  Condition,
  Event,
  Lock,
  Once,
  RwLock,
  select,
  Semaphore,
  sleep,
  spawn,
} from '../../src/index.ts'
import { testRun, waitAllBlocked } from '../../src/testing.ts'

describe('select', () => {
  it('leaves no trace in locks, semaphores and the like whose case was not taken', () =>
    testRun(async () => {
      const lock = new Lock()
      const semaphore = new Semaphore(1)
      const limiter = new CapacityLimiter(1)
      const rwLock = new RwLock()
      const event = new Event()
      const barrier = new Barrier(2)
      const once = new Once(() => sleep(20))
      const holder = spawn(async () => {
        using _lock = await lock.acquire()
        using _permit = await semaphore.acquire()
        using _token = await limiter.acquire()
        using _writing = await rwLock.write()
        await sleep(10)
      })
      await waitAllBlocked()
      const parts = [lock, semaphore, limiter, rwLock, event, barrier, once]
      const waiting = () => parts.map((part) => part.waiting)
      for (let round = 0; round < 2; round++) {
        const asked = spawn(() =>
          select({
            lock: () => lock.acquire(),
            permit: () => semaphore.acquire(),
            token: () => limiter.acquire('asker'),
            reading: () => rwLock.read(),
            event: () => event.wait(),
            barrier: () => barrier.wait(),
            once: () => once.get(),
            late: () => sleep(1),
          }),
        )
        await waitAllBlocked()
        expect(waiting()).toEqual([1, 1, 1, 1, 1, 1, 1])
        expect((await asked).key).toBe('late')
        expect(waiting()).toEqual([0, 0, 0, 0, 0, 0, 0])
      }
      await holder
      await once.get()
      expect([lock.locked, semaphore.free, limiter.borrowed, rwLock.readers]).toEqual([
        false,
        1,
        0,
        0,
      ])
    }))

  it('leaves no trace of a borrower where an earlier case was ready', () =>
    testRun(async () => {
      const limiter = new CapacityLimiter(1)
      await limiter.acquire('holder')
      const ready = new Event()
      const won = await select({
        token: () => limiter.acquire('asker'),
        ready: () => {
          ready.set()
          return ready.wait()
        },
      })
      expect(won.key).toBe('ready')
      limiter.release('holder')
      await limiter.acquire('asker')
      limiter.release('asker')
    }))

  it('takes one permit and no second', () =>
    testRun(async () => {
      const [left, right] = [new Semaphore(1), new Semaphore(1)]
      const held = [await left.acquire(), await right.acquire()]
      const asked = spawn(() => select([() => left.acquire(), () => right.acquire()]))
      await waitAllBlocked()
      for (const permit of held) permit[Symbol.dispose]()
      const won = await asked
      expect([won.key, left.free, right.free]).toEqual([0, 0, 1])
      won.value[Symbol.dispose]()
    }))

  it('has the lock of a condition back when another case was taken', () =>
    testRun(async () => {
      const condition = new Condition()
      using held = await condition.lock.acquire()
      const won = await select({ notified: () => condition.wait(), late: () => sleep(1) })
      expect([won.key, condition.lock.locked, condition.waiting]).toEqual(['late', true, 0])
      condition.notify() // it is this task's again
      held[Symbol.dispose]()
      expect(condition.lock.locked).toBe(false)
    }))

  it('passes a notification on that came too late for it', () =>
    testRun(async () => {
      const condition = new Condition()
      const event = new Event()
      const log: string[] = []
      const chooser = spawn(async () => {
        using _held = await condition.lock.acquire()
        const won = await select({ notified: () => condition.wait(), event: () => event.wait() })
        log.push(won.key)
      })
      await waitAllBlocked()
      const next = spawn(async () => {
        using _held = await condition.lock.acquire()
        await condition.wait()
        log.push('next')
      })
      await waitAllBlocked()
      {
        using _held = await condition.lock.acquire()
        condition.notify()
        event.set()
        await waitAllBlocked()
      }
      await chooser
      await next
      expect(log.sort()).toEqual(['event', 'next'])
      expect([condition.waiting, condition.lock.locked]).toEqual([0, false])
    }))

  it('is decided by a notification when that came first', () =>
    testRun(async () => {
      const condition = new Condition()
      const event = new Event()
      const chooser = spawn(async () => {
        using _held = await condition.lock.acquire()
        const won = await select({ event: () => event.wait(), notified: () => condition.wait() })
        return [won.key, condition.lock.locked]
      })
      await waitAllBlocked()
      {
        using _held = await condition.lock.acquire()
        condition.notify()
      }
      expect(await chooser).toEqual(['notified', true])
    }))
})
