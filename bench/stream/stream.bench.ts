import { Effect, Stream as EffectStream } from 'effect'
import { from as ixFrom, merge as ixMerge } from 'ix/asynciterable'
import { filter as ixFilter, flatMap as ixFlatMap, map as ixMap } from 'ix/asynciterable/operators'
import { merge, range, run, stream } from 'corral'
import { filter, from, lastValueFrom, map, merge as rxMerge, mergeMap, reduce } from 'rxjs'
import type { Suite } from '../harness/suite.ts'

const increment = (n: number): number => n + 1
const isEven = (n: number): boolean => n % 2 === 0
const sum = (a: number, b: number): number => a + b
const later = async (n: number): Promise<number> => n + 1

function* numbers(n: number): Generator<number> {
  for (let i = 0; i < n; i++) yield i
}

async function* asyncNumbers(n: number): AsyncGenerator<number> {
  for (let i = 0; i < n; i++) yield i
}

async function* mapped(source: AsyncIterable<number>): AsyncGenerator<number> {
  for await (const n of source) yield increment(n)
}

async function* filtered(source: AsyncIterable<number>): AsyncGenerator<number> {
  for await (const n of source) if (isEven(n)) yield n
}

async function total(source: AsyncIterable<number>): Promise<number> {
  let result = 0
  for await (const n of source) result += n
  return result
}

/** At most `limit` at once, in order: a window of promises. */
async function* windowed(source: Iterable<number>, limit: number): AsyncGenerator<number> {
  const running: Promise<number>[] = []
  for (const n of source) {
    if (running.push(later(n)) < limit) continue
    yield await (running.shift() as Promise<number>)
  }
  for (const result of running) yield await result
}

interface Turn {
  readonly from: AsyncIterator<number>
  readonly step: IteratorResult<number>
}

function turnOf(from: AsyncIterator<number>): Promise<Turn> {
  return from.next().then((step) => ({ from, step }))
}

/** The items of two as they come: a race between their next steps. */
async function* raced(a: AsyncIterator<number>, b: AsyncIterator<number>): AsyncGenerator<number> {
  const turns = new Map([a, b].map((from) => [from, turnOf(from)]))
  while (turns.size > 0) {
    const { from, step } = await Promise.race(turns.values())
    if (step.done === true) turns.delete(from)
    else {
      turns.set(from, turnOf(from))
      yield step.value
    }
  }
}

export const suites: Suite[] = [
  {
    title: 'stream: map and filter, async source',
    operation: 'one item of an async generator, in a loop',
    n: 100_000,
    budgets: { floor: 1 },
    cases: {
      floor: (n) => total(filtered(mapped(asyncNumbers(n)))),
      corral: (n) => run(() => total(stream(asyncNumbers(n)).map(increment).filter(isEven))),
      rxjs: (n) =>
        lastValueFrom(from(asyncNumbers(n)).pipe(map(increment), filter(isEven), reduce(sum))),
      ix: (n) => total(ixFrom(asyncNumbers(n)).pipe(ixMap(increment), ixFilter(isEven))),
      effect: (n) =>
        Effect.runPromise(
          EffectStream.fromAsyncIterable(asyncNumbers(n), (error) => error).pipe(
            EffectStream.map(increment),
            EffectStream.filter(isEven),
            EffectStream.runFold(() => 0, sum),
          ),
        ),
    },
  },
  {
    title: 'stream: map and filter, synchronous source',
    operation: 'one item of an iterator, summed up',
    n: 100_000,
    budgets: { 'async generators': 0.4 },
    cases: {
      'async generators': (n) => total(filtered(mapped(asyncNumbers(n)))),
      corral: (n) =>
        run(() =>
          stream(() => numbers(n))
            .map(increment)
            .filter(isEven)
            .reduce(sum, 0),
        ),
      'corral, range': (n) => run(() => range(0, n).map(increment).filter(isEven).reduce(sum, 0)),
      rxjs: (n) =>
        lastValueFrom(from(numbers(n)).pipe(map(increment), filter(isEven), reduce(sum))),
      ix: (n) => total(ixFrom(numbers(n)).pipe(ixMap(increment), ixFilter(isEven))),
      effect: (n) =>
        Effect.runPromise(
          EffectStream.fromIterable(numbers(n)).pipe(
            EffectStream.map(increment),
            EffectStream.filter(isEven),
            EffectStream.runFold(() => 0, sum),
          ),
        ),
    },
  },
  {
    title: 'stream: map, 100 at work',
    operation: 'one item, in order',
    n: 100_000,
    budgets: { effect: 0.3 },
    cases: {
      'by hand': (n) => total(windowed(numbers(n), 100)),
      corral: (n) =>
        run(() =>
          stream(() => numbers(n))
            .map(later, { concurrency: 100 })
            .reduce(sum, 0),
        ),
      'rxjs, unordered': (n) =>
        lastValueFrom(from(numbers(n)).pipe(mergeMap(later, 100), reduce(sum))),
      'ix, unordered': (n) =>
        total(ixFrom(numbers(n)).pipe(ixFlatMap((item) => ixFrom(later(item)), 100))),
      effect: (n) =>
        Effect.runPromise(
          EffectStream.fromIterable(numbers(n)).pipe(
            EffectStream.mapEffect((item) => Effect.promise(() => later(item)), {
              concurrency: 100,
            }),
            EffectStream.runFold(() => 0, sum),
          ),
        ),
    },
  },
  {
    title: 'stream: merge of two',
    operation: 'one item of async generators, in a loop',
    n: 100_000,
    cases: {
      'by hand': (n) => total(raced(asyncNumbers(n / 2), asyncNumbers(n / 2))),
      corral: (n) => run(() => total(merge(asyncNumbers(n / 2), asyncNumbers(n / 2)))),
      rxjs: (n) =>
        lastValueFrom(
          rxMerge(from(asyncNumbers(n / 2)), from(asyncNumbers(n / 2))).pipe(reduce(sum)),
        ),
      ix: (n) => total(ixMerge(asyncNumbers(n / 2), asyncNumbers(n / 2))),
      effect: (n) =>
        Effect.runPromise(
          EffectStream.merge(
            EffectStream.fromAsyncIterable(asyncNumbers(n / 2), (error) => error),
            EffectStream.fromAsyncIterable(asyncNumbers(n / 2), (error) => error),
          ).pipe(EffectStream.runFold(() => 0, sum)),
        ),
    },
  },
]
