import {
  Barrier,
  Batcher,
  Broadcast,
  CapacityLimiter,
  CircuitBreaker,
  Condition,
  Event,
  gather,
  Keyed,
  LifoQueue,
  Lock,
  MisuseError,
  Once,
  openChannel,
  Pool,
  PriorityQueue,
  Queue,
  RateLimiter,
  RwLock,
  Semaphore,
  SingleFlight,
  sleep,
  spawn,
  Watch,
} from 'corral'
import { instrument, nameOf, owners, stats, statsOf } from 'corral/lowlevel'
import type { Owned, ResourceOptions, ResourceStats } from 'corral/lowlevel'
import { testRun, waitAllBlocked } from 'corral/testing'
import { describe, expect, test } from 'vitest'

/** Every resource with a name, as it is made, and what it tells when it is new. */
const resources: [type: string, make: (options: ResourceOptions) => object, fresh: object][] = [
  ['Barrier', (o) => new Barrier(3, o), { capacity: 3, waiting: 0, state: 'whole' }],
  ['Batcher', (o) => new Batcher(async (keys: number[]) => keys, o), { state: 'idle' }],
  [
    'Broadcast',
    (o) => new Broadcast({ capacity: 5, ...o }),
    { size: 0, capacity: 5, waiting: 0, state: 'open' },
  ],
  [
    'CapacityLimiter',
    (o) => new CapacityLimiter(4, o),
    { capacity: 4, held: 0, holdersUnknown: false, waiting: 0 },
  ],
  ['CircuitBreaker', (o) => new CircuitBreaker(o), { state: 'closed' }],
  [
    'Condition',
    (o) => new Condition(undefined, o),
    { held: 0, holdersUnknown: false, waiting: 0, state: 'whole' },
  ],
  ['Event', (o) => new Event(o), { waiting: 0, state: 'clear' }],
  ['Keyed', (o) => new Keyed(() => 1, o), { size: 0 }],
  [
    'Lock',
    (o) => new Lock(o),
    { capacity: 1, held: 0, holdersUnknown: false, waiting: 0, state: 'whole' },
  ],
  ['Once', (o) => new Once(() => 1, o), { waiting: 0, state: 'new' }],
  [
    'Pool',
    (o) => new Pool({ create: () => 1, destroy: () => {}, max: 2, ...o }),
    { size: 0, capacity: 2, held: 0, holdersUnknown: false, waiting: 0, state: 'open' },
  ],
  ...[Queue, LifoQueue].map((Type): [string, (o: ResourceOptions) => object, object] => [
    'Queue',
    (o) => new Type({ capacity: 7, ...o }),
    { size: 0, capacity: 7, waiting: 0, waitingToPut: 0, waitingToTake: 0, state: 'open' },
  ]),
  [
    'Queue',
    (o) => new PriorityQueue<number>({ compare: (a, b) => a - b, ...o }),
    { size: 0, capacity: Infinity, waiting: 0, waitingToPut: 0, waitingToTake: 0, state: 'open' },
  ],
  [
    'RateLimiter',
    (o) => new RateLimiter({ limit: 2, interval: 1000, ...o }),
    { capacity: 2, waiting: 0 },
  ],
  [
    'Receiver',
    (o) => openChannel({ capacity: 1, ...o })[1],
    { size: 0, waiting: 0, waitingToTake: 0, state: 'open' },
  ],
  [
    'Receiver',
    (o) => openChannel({ capacity: 1, ...o })[1].clone(),
    { size: 0, waiting: 0, waitingToTake: 0, state: 'open' },
  ],
  [
    'Receiver',
    (o) => new Broadcast({ capacity: 1, ...o }).subscribe(),
    { size: 0, waiting: 0, waitingToTake: 0, state: 'open' },
  ],
  [
    'Receiver',
    (o) => new Watch(0, o).subscribe(),
    { size: 0, waiting: 0, waitingToTake: 0, state: 'open' },
  ],
  ['RwLock', (o) => new RwLock(o), { held: 0, holdersUnknown: false, waiting: 0, state: 'whole' }],
  [
    'Semaphore',
    (o) => new Semaphore(3, o),
    { capacity: 3, held: 0, holdersUnknown: false, waiting: 0, state: 'open' },
  ],
  [
    'Sender',
    (o) => openChannel({ capacity: 1, ...o })[0],
    { size: 0, capacity: 1, waiting: 0, waitingToPut: 0, state: 'open' },
  ],
  ['SingleFlight', (o) => new SingleFlight(o), { size: 0, waiting: 0 }],
  ['Watch', (o) => new Watch(0, o), { waiting: 0, state: 'open' }],
]

describe('stats', () => {
  test.each(resources)(
    'of a new %s are a plain record, with the name it was given',
    (type, make, fresh) => {
      const named = make({ name: 'orders' })
      expect(statsOf(named)).toStrictEqual({ type, name: 'orders', ...fresh })
      expect(nameOf(named)).toBe('orders')
      expect(statsOf(make({}))).toStrictEqual({ type, ...fresh })
    },
  )

  test.each(resources)('of %s: a name that cannot be read is refused', (_type, make) => {
    for (const name of ['', 5, null]) {
      expect(() => make({ name: name as string })).toThrow(MisuseError)
    }
  })

  test('are reached by a symbol that needs no import, and told of nothing else', () => {
    expect(stats).toBe(Symbol.for('corral.stats'))
    const queue = new Queue() as unknown as Record<symbol, () => ResourceStats>
    expect(queue[Symbol.for('corral.stats')]?.()).toMatchObject({ type: 'Queue' })
    for (const other of [undefined, null, {}, 5]) expect(statsOf(other as object)).toBeUndefined()
  })

  test('count what is held and who waits, right after each step', () =>
    testRun(async () => {
      const queue = new Queue<number>({ capacity: 1 })
      spawn(async () => {
        for (let i = 0; i < 3; i++) await queue.put(i)
      })
      spawn(() => queue.join())
      await waitAllBlocked()
      expect(statsOf(queue)).toMatchObject({ size: 1, waiting: 2, waitingToPut: 1 })
      for (let i = 0; i < 3; i++) {
        await queue.get()
        queue.taskDone()
      }
      expect(statsOf(queue)).toMatchObject({ size: 0, waiting: 0 })

      const limiter = new CapacityLimiter(2)
      const token = await limiter.acquire()
      spawn(() => gather([() => limiter.use(() => sleep(1)), () => limiter.use(() => sleep(1))]))
      await waitAllBlocked()
      expect(statsOf(limiter)).toMatchObject({ held: 2, waiting: 1, holdersUnknown: false })
      token[Symbol.dispose]()
      expect(statsOf(limiter)).toMatchObject({ held: 2, waiting: 0 })
      await sleep(2)
      expect(statsOf(limiter)).toMatchObject({ held: 0, waiting: 0 })

      const pool = new Pool({ create: () => sleep(1), destroy: () => sleep(1), max: 2 })
      const lease = await pool.acquire()
      expect(statsOf(pool)).toMatchObject({ size: 1, held: 1, holdersUnknown: false })
      lease.discard()
      expect(statsOf(pool)).toMatchObject({ size: 1, held: 0 })
      await pool.drain()
      expect(statsOf(pool)).toMatchObject({ size: 0, held: 0, state: 'closed' })
    }))
})

describe('holders that are unknown', () => {
  test('are those outside any task', async () => {
    const holders: [object, Disposable | AsyncDisposable][] = []
    const lock = new Lock()
    holders.push([lock, await lock.acquire()])
    const rwLock = new RwLock()
    holders.push([rwLock, await rwLock.read()])
    const limiter = new CapacityLimiter(1)
    holders.push([limiter, await limiter.acquire()])
    const keyed = new CapacityLimiter(1)
    holders.push([keyed, await keyed.acquire('a connection')])
    const pool = new Pool({ create: () => 1, destroy: () => {}, max: 1 })
    holders.push([pool, await pool.acquire()])
    for (const [resource, held] of holders) {
      expect(statsOf(resource)).toMatchObject({ held: 1, holdersUnknown: true })
      expect((resource as Owned)[owners]()).toEqual([])
      if (Symbol.dispose in held) held[Symbol.dispose]()
      else await held[Symbol.asyncDispose]()
      expect(statsOf(resource)).toMatchObject({ held: 0, holdersUnknown: false })
    }
    await pool.drain()
  })

  test('are those of a semaphore that was taken while nobody looked', async () => {
    const semaphore = new Semaphore(5)
    const before = await semaphore.acquire(2)
    expect(statsOf(semaphore)).toMatchObject({ held: 2, holdersUnknown: true })
    const stop = instrument({})
    const task = spawn(() => semaphore.acquire(3))
    const seen = await task
    expect(statsOf(semaphore)).toMatchObject({ held: 5, holdersUnknown: true })
    before[Symbol.dispose]()
    expect(statsOf(semaphore)).toMatchObject({ held: 3, holdersUnknown: false })
    seen[Symbol.dispose]()
    stop()
  })
})
