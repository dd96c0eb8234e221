import { Mutex, Semaphore as MutexSemaphore } from 'async-mutex'
import { Sema } from 'async-sema'
import { Effect, Semaphore as EffectSemaphore } from 'effect'
import { run, Semaphore, taskGroup } from 'corral'
import type { Suite } from '../harness/suite.ts'

interface Link {
  readonly wake: () => void
  next: Link | undefined
}

/** The floor: a linked list of resolve functions, nothing else. */
class ByHand {
  #free: number
  #first: Link | undefined
  #last: Link | undefined

  constructor(permits: number) {
    this.#free = permits
  }

  acquire(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1
      return Promise.resolve()
    }
    return new Promise((wake) => {
      const link: Link = { wake, next: undefined }
      if (this.#last === undefined) this.#first = link
      else this.#last.next = link
      this.#last = link
    })
  }

  release(): void {
    const link = this.#first
    if (link === undefined) {
      this.#free += 1
      return
    }
    this.#first = link.next
    if (this.#first === undefined) this.#last = undefined
    link.wake()
  }
}

const tick = Promise.resolve()
const crowd = 100

/** `crowd` tasks take turns; each holds the permit over one turn. */
async function contended(n: number, turn: () => Promise<unknown>): Promise<void> {
  await Promise.all(
    Array.from({ length: crowd }, async () => {
      for (let i = 0; i < n / crowd; i++) await turn()
    }),
  )
}

export const suites: Suite[] = [
  {
    title: 'Semaphore, uncontended',
    operation: 'acquire, awaited, and release',
    n: 200_000,
    budgets: { floor: 1.8, 'async-sema': 1 },
    asyncio: 'semaphore_uncontended',
    cases: {
      floor: async (n) => {
        const semaphore = new ByHand(1)
        for (let i = 0; i < n; i++) {
          await semaphore.acquire()
          semaphore.release()
        }
      },
      corral: (n) =>
        run(async () => {
          const semaphore = new Semaphore(1)
          for (let i = 0; i < n; i++) {
            const permit = await semaphore.acquire()
            permit[Symbol.dispose]()
          }
        }),
      'async-sema': async (n) => {
        const semaphore = new Sema(1)
        for (let i = 0; i < n; i++) {
          await semaphore.acquire()
          semaphore.release()
        }
      },
      'async-mutex': async (n) => {
        const semaphore = new MutexSemaphore(1)
        for (let i = 0; i < n; i++) {
          const [, release] = await semaphore.acquire()
          release()
        }
      },
      effect: (n) =>
        Effect.runPromise(
          Effect.gen(function* () {
            const semaphore = yield* EffectSemaphore.make(1)
            for (let i = 0; i < n; i++) yield* semaphore.withPermits(1)(Effect.void)
          }),
        ),
    },
  },
  {
    title: 'Semaphore, contended by 100',
    operation: 'acquire, one turn, release',
    n: 200_000,
    budgets: { floor: 1.8, 'async-sema': 1 },
    asyncio: 'semaphore_contended',
    cases: {
      floor: (n) => {
        const semaphore = new ByHand(1)
        return contended(n, async () => {
          await semaphore.acquire()
          await tick
          semaphore.release()
        })
      },
      corral: (n) =>
        run(() =>
          taskGroup(async (group) => {
            const semaphore = new Semaphore(1)
            const turn = async (): Promise<void> => {
              const permit = await semaphore.acquire()
              await tick
              permit[Symbol.dispose]()
            }
            for (let k = 0; k < crowd; k++) {
              group.spawn(async () => {
                for (let i = 0; i < n / crowd; i++) await turn()
              })
            }
          }),
        ),
      'async-sema': (n) => {
        const semaphore = new Sema(1)
        return contended(n, async () => {
          await semaphore.acquire()
          await tick
          semaphore.release()
        })
      },
      'async-mutex': (n) => {
        const mutex = new Mutex()
        return contended(n, async () => {
          const release = await mutex.acquire()
          await tick
          release()
        })
      },
    },
  },
]
