import {
  any,
  Barrier,
  Batcher,
  cancellable,
  CancelScope,
  CapacityLimiter,
  CircuitBreaker,
  Condition,
  Event,
  gather,
  gatherSettled,
  interval,
  Keyed,
  Lock,
  mapConcurrent,
  moveOnAfter,
  Once,
  open,
  openChannel,
  Pool,
  Queue,
  race,
  range,
  RateLimiter,
  retry,
  run,
  select,
  Semaphore,
  SingleFlight,
  shield,
  sleep,
  spawn,
  staggeredRace,
  stream,
  Watch,
} from 'corral'
import { probe } from 'corral/lowlevel'
import { describe, expect, test } from 'vitest'
import { unhandled } from '../unhandled.ts'

type Work = () => Promise<unknown>

/** Every call that runs work of the user's, and fails with it. */
const working: [name: string, call: (work: Work) => Promise<unknown>][] = [
  ['Lock.use', (work) => new Lock().use(work)],
  ['Semaphore.use', (work) => new Semaphore(1).use(work)],
  ['CapacityLimiter.use', (work) => new CapacityLimiter(1).use(work)],
  ['Pool.use', (work) => pool().use(work)],
  ['Keyed.use', (work) => new Keyed(() => 1).use('key', work)],
  ['CircuitBreaker.use', (work) => new CircuitBreaker().use(work)],
  ['retry', (work) => retry(work, { attempts: 1 })],
  ['open', (work) => open(work, async () => {})],
  ['gather', (work) => gather([work])],
  ['race', (work) => race([work])],
  ['any', (work) => any([work])],
  ['staggeredRace', (work) => staggeredRace([work], { delay: 1 })],
  ['mapConcurrent', (work) => mapConcurrent([1], work, { concurrency: 1 })],
  ['Stream.toArray', (work) => stream([1]).map(work).toArray()],
  ['Stream.toArray, concurrent', (work) => range(0, 2).map(work, { concurrency: 2 }).toArray()],
  ['Stream.reduce', (work) => stream([1]).reduce(work, undefined)],
  ['Stream.forEach', (work) => stream([1]).forEach(work)],
  ['Stream.pipeTo', (work) => stream([1]).map(work).pipeTo(new Queue())],
  ['select', (work) => select([() => gatedBy(work)])],
]

/** Every other call that waits. */
const waiting: [name: string, call: () => PromiseLike<unknown>][] = [
  ['Lock.acquire', () => taken().acquire()],
  ['Lock.use', () => taken().use(() => 1)],
  ['Semaphore.acquire', () => new Semaphore(0).acquire()],
  ['Semaphore.use', () => new Semaphore(0).use(() => 1)],
  ['CapacityLimiter.use', () => new CapacityLimiter(0).use(() => 1)],
  ['Event.wait', () => new Event().wait()],
  ['Barrier.wait', () => new Barrier(2).wait()],
  ['Condition.wait', () => new Condition(taken()).wait()],
  ['Condition.waitFor', () => new Condition(taken()).waitFor(() => false)],
  ['Once.get', () => new Once(() => sleep(1000)).get()],
  ['Queue.get', () => new Queue().get()],
  ['Queue.join', () => stocked().join()],
  ['Queue, a step', () => new Queue()[Symbol.asyncIterator]().next()],
  ['Receiver.receive', () => openChannel({ capacity: 0 })[1].receive()],
  ['Sender.send', () => openChannel({ capacity: 0 })[0].send(1)],
  ['Watch.changed', () => new Watch(0).changed()],
  ['select', () => select({ item: () => new Queue().get(), late: () => sleep(1000) })],
  ['gatherSettled', () => gatherSettled([() => sleep(1000)])],
  ['Batcher.load', () => new Batcher(async (keys: number[]) => keys, { maxDelay: 1000 }).load(1)],
  ['SingleFlight.run', () => new SingleFlight().run('key', () => sleep(1000))],
  ['RateLimiter.acquire', () => spentLimiter().acquire()],
  ['Pool.acquire', () => pool(() => sleep(1000)).acquire()],
  [
    'Pool.drain',
    () => new Pool({ create: () => sleep(1000), destroy: () => {}, max: 1, min: 1 }).drain(),
  ],
  ['cancellable', () => cancellable(new Promise(() => {}))],
  ['a step of a stream', () => interval(1000)[Symbol.asyncIterator]().next()],
  ['a step of a stage', () => interval(1000).buffer(1)[Symbol.asyncIterator]().next()],
]

function pool(create: Work = async () => 1): Pool<unknown> {
  return new Pool({ create, destroy: async () => {}, max: 1 })
}

/** A case of a select that begins with a wait of ours. */
async function gatedBy(work: Work): Promise<unknown> {
  await sleep(0)
  return work()
}

/** A lock that somebody holds for good. */
function taken(): Lock {
  const lock = new Lock()
  lock.tryAcquire()
  return lock
}

function spentLimiter(): RateLimiter {
  const limiter = new RateLimiter({ limit: 1, interval: 1000 })
  limiter.tryAcquire()
  return limiter
}

function stocked(): Queue<number> {
  const queue = new Queue<number>()
  queue.tryPut(1)
  return queue
}

/** Calls it in a scope that is cancelled, and forgets what it returns. */
async function forgetting(call: () => unknown, cancelFirst: boolean): Promise<void> {
  await run(async () => {
    const scope = new CancelScope()
    if (cancelFirst) scope.cancel()
    await scope.run(async () => {
      void call()
      await sleep(5).catch(() => {})
      scope.cancel()
      await shield(() => sleep(5))
    })
  })
}

describe('a cancellation that nobody awaits is no unhandled rejection', () => {
  const patient = (): Promise<void> => sleep(1000)

  test.each([...waiting, ...working.map(([name, call]) => [name, () => call(patient)] as const)])(
    'of %s',
    async (_name, call) => {
      expect(await unhandled(() => forgetting(call, false))).toEqual([])
      expect(await unhandled(() => forgetting(call, true))).toEqual([])
    },
  )

  test.each(working)(
    'of %s whose work gives the error of a foreign signal',
    async (_name, call) => {
      const foreign = async (): Promise<void> => {
        await sleep(1000).catch(() => {
          throw new DOMException('aborted', 'AbortError')
        })
      }
      expect(await unhandled(() => forgetting(() => call(foreign), false))).toEqual([])
    },
  )

  test('of a task group full of them, as a timeout cuts it short', async () => {
    const lost = await unhandled(() =>
      run(() =>
        moveOnAfter(5, async () => {
          const calls = working.map(([, call]) => call(patient))
          await sleep(1000)
          return Promise.all(calls)
        }),
      ),
    )
    expect(lost).toEqual([])
  })
})

describe('a real error that nobody awaits is reported once', () => {
  const error = new RangeError('by itself')

  test.each(working)('of %s', async (_name, call) => {
    const failing = async (): Promise<never> => {
      await sleep(1)
      throw error
    }
    const lost = await unhandled(() =>
      run(async () => {
        void call(failing)
        await sleep(100) // far longer than it takes, however busy the machine is
      }),
    )
    expect(lost).toEqual([error])
  })

  test.each(working)('of %s, which fails while it is being cancelled', async (_name, call) => {
    const failing = (): Promise<never> =>
      sleep(1000).then(
        () => Promise.reject(error),
        () => Promise.reject(error),
      )
    expect(await unhandled(() => forgetting(() => call(failing), false))).toEqual([error])
  })
})

describe('the stack of a call', () => {
  test.each(working.filter(([name]) => !name.includes('concurrent')))(
    'of %s still shows who waits in it: cancelled, and when asked',
    async (_name, call) => {
      await run(async () => {
        let seen = ''
        const task = spawn(async function whoWaits() {
          const innermost = async function innermost(): Promise<void> {
            await sleep(1000).catch((cancelled: Error) => {
              seen = cancelled.stack ?? ''
              throw cancelled
            })
          }
          await call(innermost)
        })
        await sleep(1)
        task.cancel()
        await task.settled()
        expect(seen).toContain('innermost')
      })
    },
  )

  test.each([
    ['Lock.use', () => new Lock().use(() => sleep(1000))],
    ['Semaphore.use', () => new Semaphore(1).use(() => sleep(1000))],
    ['select', () => select([() => sleep(1000)])],
    ['retry', () => retry(() => sleep(1000))],
    ['Keyed.use', () => new Keyed(() => 1).use('key', () => sleep(1000))],
    ['Stream.forEach', () => stream([1]).forEach(() => sleep(1000))],
  ] as const)('of %s is followed by a probe', async (_name, call) => {
    await run(async () => {
      const task = spawn(async function whoWaits() {
        await call()
      })
      await sleep(1)
      expect(await probe(task)).toContain('whoWaits')
      task.cancel()
    })
  })
})
