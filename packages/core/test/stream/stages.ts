import { combineLatest, concat, merge, range, shield, sleep, stream, zip } from 'corral'
import type { Stream } from 'corral'

/** A stage put behind a source, as the tests that hold for all of them need it. */
export interface Stage {
  readonly name: string
  readonly put: (source: Stream<number>) => Stream<unknown>
  /** Drops items that come too fast. */
  readonly lossy?: true
  /** Its source runs in a task of its own. */
  readonly beside?: true
}

const never = (): Promise<void> => sleep(Infinity)

async function* silent(): AsyncGenerator<number> {
  yield* range(0, 1, { delay: Infinity })
}

/** Every stage there is, each so that it lets all items through, one by one. */
export const stages: readonly Stage[] = [
  { name: 'map', put: (s) => s.map((n) => n) },
  { name: 'map, waiting', put: (s) => s.map(async (n) => n) },
  {
    name: 'map, concurrent',
    put: (s) => s.map(async (n) => n, { concurrency: 3 }),
    beside: true,
  },
  {
    name: 'map, unordered',
    put: (s) => s.map(async (n) => n, { concurrency: 3, ordered: false }),
    beside: true,
  },
  { name: 'filter', put: (s) => s.filter(() => true) },
  { name: 'filter, waiting', put: (s) => s.filter(async () => true) },
  { name: 'flatMap', put: (s) => s.flatMap((n) => [n]) },
  {
    name: 'flatMap, concurrent',
    put: (s) => s.flatMap((n) => [n], { concurrency: 3 }),
    beside: true,
  },
  {
    name: 'map, by key',
    put: (s) => s.map(async (n) => n, { concurrency: 3, key: (n) => n % 2 }),
    beside: true,
  },
  { name: 'switchMap', put: (s) => s.switchMap((n) => [n]), lossy: true, beside: true },
  { name: 'takeWhile', put: (s) => s.takeWhile(() => true) },
  { name: 'takeWhile, waiting', put: (s) => s.takeWhile(async () => true) },
  { name: 'distinctUntilChanged', put: (s) => s.distinctUntilChanged() },
  { name: 'catch', put: (s) => s.catch((error) => Promise.reject(error)) },
  { name: 'finalize', put: (s) => s.finalize(() => sleep(0)) },
  { name: 'share, replaying', put: (s) => s.share({ replay: 2 }), beside: true },
  { name: 'scan', put: (s) => s.scan((_, n) => n, 0) },
  { name: 'take', put: (s) => s.take(1_000_000) },
  { name: 'skip', put: (s) => s.skip(0) },
  { name: 'takeUntil, work', put: (s) => s.takeUntil(never), beside: true },
  { name: 'takeUntil, source', put: (s) => s.takeUntil(silent()), beside: true },
  { name: 'chunk', put: (s) => s.chunk(1).map(([n]) => n) },
  {
    name: 'chunk in time',
    put: (s) => s.chunk(1, { maxDelay: 1e6 }).map(([n]) => n),
    beside: true,
  },
  { name: 'buffer', put: (s) => s.buffer(4), beside: true },
  { name: 'buffer(0)', put: (s) => s.buffer(0), beside: true },
  { name: 'conflate', put: (s) => s.conflate(), lossy: true, beside: true },
  { name: 'debounce', put: (s) => s.debounce(0), lossy: true, beside: true },
  { name: 'throttle', put: (s) => s.throttle(0), lossy: true, beside: true },
  { name: 'timeout', put: (s) => s.timeout(1e6), beside: true },
  { name: 'retry', put: (s) => s.retry({ attempts: 1 }), beside: true },
  { name: 'tap', put: (s) => s.tap(async () => {}) },
  { name: 'share', put: (s) => s.share(), beside: true },
  { name: 'merge', put: (s) => merge(s, []), beside: true },
  { name: 'zip', put: (s) => zip(s, numbers).map(([n]) => n), beside: true },
  { name: 'concat', put: (s) => concat([], s) },
  {
    name: 'combineLatest',
    put: (s) => combineLatest(s, [0]).map(([n]) => n),
    lossy: true,
    beside: true,
  },
  {
    name: 'three of them',
    put: (s) =>
      s
        .buffer(2)
        .map(async (n) => n, { concurrency: 2 })
        .buffer(0),
    beside: true,
  },
]

function* numbers(): Generator<number> {
  for (let n = 0; ; n++) yield n
}

/** A source that takes 1 ms for each number, and 5 ms to close; it says so in `log`. */
export function slow(
  log: string[],
  error?: { readonly at: number; readonly error: unknown },
): Stream<number> {
  return stream(async function* () {
    log.push('open')
    try {
      for (let n = 0; ; n++) {
        await sleep(1)
        if (n === error?.at) throw error.error
        yield n
      }
    } finally {
      log.push('closing')
      await shield(() => sleep(5))
      log.push('closed')
    }
  })
}
