import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  checkpoint,
  LifoQueue,
  type MisuseError,
  moveOnAfter,
  openChannel,
  PriorityQueue,
  Queue,
  select,
  sleep,
  spawn,
  type Task,
  taskGroup,
} from '../../src/index.ts'
import { testRun, waitAllBlocked } from '../../src/testing.ts'
import { type Op, PlaceModel, type Wish, World } from './line-model.ts'

/** A queue or a channel, by the same names. */
interface Place {
  put(item: number): Promise<void>
  get(): Promise<number>
  tryPut(item: number): boolean
  tryGet(): number | undefined
  endPuts(): void
  endGets(): void
  counts(): { size: number; putters: number; getters: number }
}

function queuePlace(queue: Queue<number>): Place {
  return {
    put: (item) => queue.put(item),
    get: () => queue.get(),
    tryPut: (item) => queue.tryPut(item),
    tryGet: () => queue.tryGet(),
    endPuts: () => queue.close(),
    endGets: () => {},
    counts: () => ({ size: queue.size, putters: queue.putters, getters: queue.getters }),
  }
}

function channelPlace(capacity: number): Place {
  const [sender, receiver] = openChannel<number>({ capacity })
  return {
    put: (item) => sender.send(item),
    get: () => receiver.receive(),
    tryPut: (item) => sender.trySend(item),
    tryGet: () => receiver.tryReceive(),
    endPuts: () => sender.close(),
    endGets: () => receiver.close(),
    counts: () => ({ size: sender.size, putters: sender.waiting, getters: receiver.waiting }),
  }
}

/** Two queues of different order and two channels, one of them without a buffer; and their models. */
function makeWorld(capacities: readonly [number, number, number]): [Place[], World] {
  const [a, b, c] = capacities
  const byRank = { capacity: b, compare: (x: number, y: number) => (x % 10) - (y % 10) }
  const places = [
    queuePlace(a % 2 === 0 ? new Queue<number>({ capacity: a }) : new LifoQueue({ capacity: a })),
    queuePlace(new PriorityQueue<number>(byRank)),
    channelPlace(c),
    channelPlace(0),
  ]
  const world = new World([
    new PlaceModel(a, a % 2 === 0 ? 'fifo' : 'lifo'),
    new PlaceModel(b, 'least'),
    new PlaceModel(c, 'fifo'),
    new PlaceModel(0, 'fifo'),
  ])
  return [places, world]
}

const place = fc.nat(3)
const act = fc.constantFrom('put' as const, 'get' as const)
const wish = fc.record({ place, act })
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('begin' as const), wishes: fc.tuple(wish) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('select' as const),
      wishes: fc.array(wish, { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('try' as const), wish }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('cancel' as const), op: fc.nat(30) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('endPuts' as const, 'endGets' as const), place }),
  },
)

/** Makes the calls in a task. It ends with what took effect, or with the code of an error. */
function perform(
  places: readonly Place[],
  wishes: readonly Wish[],
  how: 'call' | 'select' | 'wrapped',
): Task<string> {
  const calls = wishes.map(({ place, act, item }) => (): Promise<number | void> => {
    const one = places[place] as Place
    return act === 'put' ? one.put(item) : one.get()
  })
  // What a case wraps around its call makes no difference.
  const wrapped = calls.map((call) => async () => await call())
  return spawn(async () => {
    try {
      const [first] = calls
      if (how === 'call' && first !== undefined) return `0:${(await first()) ?? 'put'}`
      const { key, value } = await select(how === 'wrapped' ? wrapped : calls)
      return `${key}:${value ?? 'put'}`
    } catch (error) {
      return codeOf(() => {
        throw error
      })
    }
  })
}

function codeOf(fn: () => unknown): string {
  try {
    fn()
  } catch (error) {
    return (error as MisuseError).code
  }
  return 'nothing was thrown'
}

describe('queues and channels, held against their model', () => {
  it('lose nothing, double nothing and keep their order, whoever is cancelled in whatever turn', async () => {
    const capacity = fc.integer({ min: 1, max: 3 })
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(capacity, capacity, fc.nat(2)),
        fc.constantFrom('select' as const, 'wrapped' as const),
        fc.array(step, { maxLength: 60 }),
        (capacities, how, steps) =>
          testRun(async () => {
            const [places, world] = makeWorld(capacities)
            const ops: { op: Op; task: Task<string> }[] = []
            let next = 0
            const itemised = (wish: Omit<Wish, 'item'>): Wish => ({ ...wish, item: next++ })
            for (const step of steps) {
              if (step.do === 'begin' || step.do === 'select') {
                const wishes = step.wishes.map(itemised)
                const task = perform(places, wishes, step.do === 'begin' ? 'call' : how)
                await waitAllBlocked()
                ops.push({ op: world.begin(wishes), task })
              } else if (step.do === 'try') {
                tryNow(places, world, itemised(step.wish))
              } else if (step.do === 'cancel') {
                const one = ops[step.op]
                if (one === undefined) continue
                one.task.cancel()
                world.cancel(one.op)
              } else if (step.do === 'turn') {
                await checkpoint()
              } else if (step.do === 'endPuts' || step.place > 1) {
                places[step.place]?.[step.do]()
                world.places[step.place]?.[step.do](world)
              }
              compare(places, world)
            }
            for (const { op, task } of ops) {
              if (op.outcome === undefined) task.cancel()
              world.cancel(op)
              expect(await task).toBe(op.outcome)
            }
            compare(places, world)
          }),
      ),
      { numRuns: 400 },
    )
  })
})

function tryNow(places: readonly Place[], world: World, wish: Wish): void {
  const model = world.places[wish.place] as PlaceModel
  const one = places[wish.place] as Place
  if (wish.act === 'put') {
    if (model.putsEnded === undefined) {
      expect(one.tryPut(wish.item)).toBe(model.put(wish.item, world) === 'put')
    } else expect(codeOf(() => one.tryPut(wish.item))).toBe(model.putsEnded)
  } else if (model.getsEnded) {
    expect(codeOf(() => one.tryGet())).toBe('CLOSED')
  } else {
    const expected = model.get(world)
    expect(String(one.tryGet())).toBe(expected === 'CLOSED' ? 'undefined' : String(expected))
  }
}

function compare(places: readonly Place[], world: World): void {
  for (const [i, one] of places.entries()) {
    const { buffer, putters, getters } = world.places[i] as PlaceModel
    expect(one.counts()).toEqual({
      size: buffer.length,
      putters: putters.length,
      getters: getters.length,
    })
  }
}

describe('producers and consumers at random', () => {
  it('pass every item that was put to exactly one getter, in order, although many are cut short', async () => {
    const worker = fc.record({ pause: fc.nat(3), patience: fc.nat(6), capacity: fc.nat(1) })
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }),
        fc.array(worker, { minLength: 1, maxLength: 4 }),
        fc.array(worker, { minLength: 1, maxLength: 4 }),
        (capacity, producers, consumers) =>
          testRun(async () => {
            const queue = new Queue<string>({ capacity })
            const [put, got] = [[] as string[], [] as string[]]
            await taskGroup(async (group) => {
              const producing = producers.map(({ pause, patience }, name) =>
                group.spawn(async () => {
                  for (let i = 0; i < 10; i++) {
                    await sleep(pause)
                    const item = `${name}.${i}`
                    const { timedOut } = await moveOnAfter(patience, () => queue.put(item))
                    if (!timedOut) put.push(item)
                  }
                }),
              )
              for (const { pause, patience } of consumers) {
                group.spawn(async () => {
                  while (!queue.closed || queue.size > 0) {
                    await sleep(pause + 1)
                    await moveOnAfter(patience + 1, async () => {
                      for await (const item of queue) {
                        got.push(item)
                        queue.taskDone()
                        await sleep(pause)
                      }
                    })
                  }
                })
              }
              for (const task of producing) await task
              queue.close()
              await queue.join()
            })
            expect(got.toSorted()).toEqual(put.toSorted())
            for (const name of producers.keys()) {
              const mine = got.filter((item) => item.startsWith(`${name}.`))
              expect(mine).toEqual(mine.toSorted())
            }
            expect([queue.size, queue.getters, queue.putters]).toEqual([0, 0, 0])
          }),
      ),
      { numRuns: 150 },
    )
  })
})
