import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CancelScope, CapacityLimiter, Lock, RwLock, Semaphore } from '../../src/index.ts'
import { Callers, turn } from './callers.ts'

/** Anything that hands out permits first come first served, seen as a semaphore with weights. */
interface Permits {
  acquire(n: number): Promise<Disposable>
  resize?(total: number): void
  readonly free: number
  readonly waiting: number
}

/** More than ever read at a time: to write takes them all. */
const MANY = 1000

interface Subject {
  readonly name: string
  readonly make: (total: number) => Permits
  readonly total: fc.Arbitrary<number>
  readonly weight: fc.Arbitrary<number>
}

const subjects: Subject[] = [
  {
    name: 'Lock',
    total: fc.constant(1),
    weight: fc.constant(1),
    make() {
      const lock = new Lock()
      return {
        acquire: () => lock.acquire(),
        get free() {
          return lock.locked ? 0 : 1
        },
        get waiting() {
          return lock.waiting
        },
      }
    },
  },
  {
    name: 'Semaphore',
    total: fc.nat(4),
    weight: fc.integer({ min: 1, max: 3 }),
    make(total) {
      const semaphore = new Semaphore(4)
      semaphore.resize(total)
      return semaphore
    },
  },
  {
    name: 'CapacityLimiter',
    total: fc.nat(4),
    weight: fc.constant(1),
    make(total) {
      const limiter = new CapacityLimiter(total)
      return {
        acquire: () => limiter.acquire({}),
        resize: (total) => {
          limiter.total = total
        },
        get free() {
          return limiter.total - limiter.borrowed
        },
        get waiting() {
          return limiter.waiting
        },
      }
    },
  },
  {
    name: 'RwLock',
    total: fc.constant(MANY),
    weight: fc.constantFrom(1, 1, MANY),
    make() {
      const lock = new RwLock()
      return {
        acquire: (n) => (n === MANY ? lock.write() : lock.read()),
        get free() {
          return lock.writing ? 0 : MANY - lock.readers
        },
        get waiting() {
          return lock.waiting
        },
      }
    },
  },
]

type Step =
  | { readonly do: 'ask'; readonly weights: readonly number[]; readonly cancelled: boolean }
  | { readonly do: 'cancel' | 'release'; readonly which: number }
  | { readonly do: 'resize'; readonly total: number }
  | { readonly do: 'turn' }

function stepsOf({ weight }: Subject): fc.Arbitrary<Step[]> {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('ask' as const),
        weights: fc.array(weight, { minLength: 1, maxLength: 3 }),
        cancelled: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      }),
    },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('cancel' as const), which: fc.nat(99) }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('release' as const), which: fc.nat(99) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('resize' as const), total: fc.nat(4) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
  )
  return fc.array(step, { maxLength: 60, size: 'max' })
}

/** What is right: plain data, no promises. */
class Model {
  total: number
  free: number
  /** Those in line, first come first. */
  line: { readonly id: number; readonly n: number; readonly scope: CancelScope }[] = []
  /** Whom permits were granted to, in order. */
  readonly granted: number[] = []

  constructor(total: number) {
    this.total = total
    this.free = total
  }

  ask(id: number, n: number, scope: CancelScope): void {
    this.line.push({ id, n, scope })
    this.serve()
  }

  cancel(scope: CancelScope): void {
    this.line = this.line.filter((waiter) => waiter.scope !== scope)
    this.serve()
  }

  release(n: number): void {
    this.free += n
    this.serve()
  }

  resize(total: number): void {
    this.free += total - this.total
    this.total = total
    this.serve()
  }

  serve(): void {
    for (let next = this.line[0]; next !== undefined && next.n <= this.free; next = this.line[0]) {
      this.line.shift()
      this.free -= next.n
      this.granted.push(next.id)
    }
  }
}

/** Does the steps to both and compares them after each. */
async function check({ make }: Subject, total: number, steps: readonly Step[]): Promise<void> {
  const permits = make(total)
  const model = new Model(total)
  const callers = new Callers<Disposable>()
  const weights: number[] = []
  const released = new Set<number>()

  const compare = (): void => {
    expect([permits.free, permits.waiting]).toEqual([model.free, model.line.length])
  }
  const compareSettled = async (): Promise<void> => {
    await turn()
    compare()
    // Nothing lost, nothing doubled, first come first served.
    expect(callers.got).toEqual(model.granted)
    const inLine = new Set(model.line.map(({ id }) => id))
    const granted = new Set(model.granted)
    for (const { id, state } of callers.all) {
      expect(state).toBe(inLine.has(id) ? 'asking' : granted.has(id) ? 'got' : 'cancelled')
    }
  }
  const release = (id: number): void => {
    callers.all[id]?.value?.[Symbol.dispose]()
    if (!released.has(id)) model.release(weights[id] ?? NaN)
    released.add(id)
  }

  for (const step of steps) {
    if (step.do === 'ask') {
      const scope = new CancelScope()
      if (step.cancelled) scope.cancel()
      const asked = callers.ask(
        step.weights.map((n) => () => permits.acquire(n)),
        scope,
      )
      weights.push(...step.weights)
      if (!step.cancelled) {
        asked.forEach(({ id }, i) => model.ask(id, step.weights[i] ?? NaN, scope))
      }
    } else if (step.do === 'cancel') {
      const caller = callers.all[step.which % callers.all.length]
      caller?.scope.cancel()
      if (caller !== undefined) model.cancel(caller.scope)
    } else if (step.do === 'release') {
      const id = callers.got[step.which % callers.got.length]
      if (id !== undefined) release(id) // also again: twice is once
    } else if (step.do === 'resize') {
      if (permits.resize !== undefined) {
        permits.resize(step.total)
        model.resize(step.total)
      }
    } else {
      await compareSettled()
    }
    compare()
  }

  if (permits.resize !== undefined) {
    permits.resize(4)
    model.resize(4)
  }
  for (let left = -1; left !== released.size;) {
    left = released.size
    await compareSettled()
    for (const id of callers.got) release(id)
  }
  expect([permits.free, permits.waiting, model.line]).toEqual([model.total, 0, []])
}

describe.each(subjects)('$name', (subject) => {
  it('loses and doubles nothing and serves in order, however it is asked, cancelled and released', () =>
    fc.assert(
      fc.asyncProperty(subject.total, stepsOf(subject), (total, steps) =>
        check(subject, total, steps),
      ),
      { numRuns: 500 },
    ))
})
