import { Effect, Fiber, Queue as EffectQueue } from 'effect'
import { Queue, run, taskGroup } from 'corral'
import type { Suite } from '../harness/suite.ts'

/** The floor: a ring of items and two lists of resolve functions; no close, no cancel. */
class ByHand {
  readonly #capacity: number
  readonly #items: number[] = []
  #head = 0
  readonly #getters: ((item: number) => void)[] = []
  readonly #putters: (() => void)[] = []

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  put(item: number): Promise<void> {
    const getter = this.#getters.shift()
    if (getter !== undefined) {
      getter(item)
      return Promise.resolve()
    }
    this.#items.push(item)
    if (this.#items.length - this.#head <= this.#capacity) return Promise.resolve()
    return new Promise((resolve) => {
      this.#putters.push(resolve)
    })
  }

  get(): Promise<number> {
    if (this.#head < this.#items.length) {
      const item = this.#items[this.#head++] as number
      if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
        this.#items.splice(0, this.#head)
        this.#head = 0
      }
      this.#putters.shift()?.()
      return Promise.resolve(item)
    }
    return new Promise((resolve) => {
      this.#getters.push(resolve)
    })
  }
}

function suite(title: string, capacity: number, asyncio: string): Suite {
  return {
    title,
    operation: 'one item put and got',
    n: 200_000,
    budgets: { floor: 2 },
    asyncio,
    cases: {
      floor: async (n) => {
        const queue = new ByHand(capacity)
        const producer = (async () => {
          for (let i = 0; i < n; i++) await queue.put(i)
        })()
        for (let i = 0; i < n; i++) await queue.get()
        await producer
      },
      corral: (n) =>
        run(() =>
          taskGroup(async (group) => {
            const queue = new Queue<number>(capacity === Infinity ? {} : { capacity })
            group.spawn(async () => {
              for (let i = 0; i < n; i++) await queue.put(i)
            })
            for (let i = 0; i < n; i++) await queue.get()
          }),
        ),
      effect: (n) =>
        Effect.runPromise(
          Effect.gen(function* () {
            const queue =
              capacity === Infinity
                ? yield* EffectQueue.unbounded<number>()
                : yield* EffectQueue.bounded<number>(capacity)
            const producer = yield* Effect.forkChild(
              Effect.gen(function* () {
                for (let i = 0; i < n; i++) yield* EffectQueue.offer(queue, i)
              }),
            )
            for (let i = 0; i < n; i++) yield* EffectQueue.take(queue)
            yield* Fiber.join(producer)
          }),
        ),
    },
  }
}

export const suites: Suite[] = [
  suite('Queue, unbounded', Infinity, 'queue_unbounded'),
  suite('Queue, capacity 100', 100, 'queue_100'),
]
