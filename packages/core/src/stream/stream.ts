import type { RetryOptions } from '../flow/retry.ts'
import {
  currentScope,
  handled,
  refuse,
  requireCount,
  requireDuration,
  requireFunction,
  requireLimit,
} from '../lowlevel.ts'
import { buffering, conflating } from './buffer.ts'
import { calling } from './calling.ts'
import { catching } from './catching.ts'
import { chunking, chunkingInTime } from './chunk.ts'
import { isThenable, streamSource } from './cursor.ts'
import type { Source } from './cursor.ts'
import { debouncing } from './debounce.ts'
import { leavingOutRepeats } from './distinct.ts'
import { drain } from './drain.ts'
import { finalizing } from './finalizing.ts'
import { joining, merging } from './flat-map.ts'
import { mappingConcurrently } from './map-concurrently.ts'
import type { MapOptions } from './map-concurrently.ts'
import { retrying } from './retrying.ts'
import { scanning } from './scan.ts'
import { sharing } from './share.ts'
import type { SharePolicy } from './share.ts'
import { sourceOf } from './source.ts'
import type { StreamSource } from './source.ts'
import { StreamWalk } from './stream-iterator.ts'
import type { StreamIterator } from './stream-iterator.ts'
import { switching } from './switch-map.ts'
import { takingUntil } from './take-until.ts'
import type { Stop } from './take-until.ts'
import { takingWhile } from './take-while.ts'
import { taking } from './take.ts'
import { throttling } from './throttle.ts'
import type { ThrottleOptions } from './throttle.ts'
import { limitingTime } from './time-limit.ts'
import { readableOf } from './to-readable.ts'
import { SKIP, through } from './transform.ts'
import type { MakeStep } from './transform.ts'

type Fn<T, R> = (item: T, index: number) => R | PromiseLike<R>

export interface FlatMapOptions {
  /** How many inner sources are walked at the same time, at the most. Default 1: one after the other. */
  readonly concurrency?: number
}

export interface ChunkOptions {
  /** How long an item waits for the chunk to be full, in milliseconds. Default: as long as it takes. */
  readonly maxDelay?: number
}

/** Where `pipeTo` puts the items: a queue. */
export interface Sink<T> {
  put(item: T): PromiseLike<unknown>
  close(): void
}

export interface PipeOptions {
  /** Close the queue when the stream has ended. Default true. */
  readonly close?: boolean
}

/**
 * Items that come one after the other, for whoever iterates over them: with `for await`, or with
 * `toArray`, `reduce`, `forEach`, `pipeTo`. Nothing runs before that, and no stage takes an item before
 * one is requested, unless it says so. Each iteration starts over, as far as the source can.
 *
 * An iteration that ends early - `break`, an error, a cancellation, the end of the scope where it started
 * - closes every source, under a shield, and waits for that. Made by `stream` and the like.
 *
 * Cancellation: reaches what is waited for; the source is closed before `Cancelled` is thrown.
 */
export class Stream<T> implements AsyncIterable<T> {
  /** @internal */
  readonly [streamSource]: Source<T>

  /** Made by `stream` and its like, not by hand. */
  constructor(source: Source<T>) {
    this[streamSource] = source
  }

  /**
   * What `fn` makes of each item; promises are awaited. With `concurrency` several items are worked on at
   * once, each in a task, and the source runs in a task of its own; a failure cancels the others. At most
   * so many are begun and not yet taken. With `key` too, items of the same key are worked on one after the other.
   */
  map<R>(fn: Fn<T, R>, options: MapOptions<T> = {}): Stream<R> {
    const { concurrency = 1, ordered = true, key } = options
    requireFunction('Stream.map: fn', fn)
    requireLimit('Stream.map: concurrency', concurrency)
    if (key !== undefined) requireFunction('Stream.map: key', key)
    if (concurrency === 1) return this.#through(calling(fn))
    return new Stream(mappingConcurrently(this[streamSource], fn, concurrency, ordered, key))
  }

  /** The items for which `fn` gives something true. */
  filter<S extends T>(fn: (item: T, index: number) => item is S): Stream<S>
  filter(fn: Fn<T, unknown>): Stream<T>
  filter(fn: Fn<T, unknown>): Stream<T> {
    requireFunction('Stream.filter: fn', fn)
    return this.#through(calling(fn, (keep, item) => (keep ? item : SKIP)))
  }

  /**
   * The items of what `fn` makes of each item, one source after the other; with `concurrency` as they come,
   * each source in a task of its own.
   */
  flatMap<R>(fn: Fn<T, StreamSource<R>>, options: FlatMapOptions = {}): Stream<R> {
    const { concurrency = 1 } = options
    requireFunction('Stream.flatMap: fn', fn)
    requireLimit('Stream.flatMap: concurrency', concurrency)
    const expand = expanding('Stream.flatMap', fn)
    return new Stream(
      concurrency === 1
        ? joining(this[streamSource], expand)
        : merging('Stream.flatMap', this[streamSource], expand, concurrency),
    )
  }

  /**
   * The items of what `fn` makes of the latest item: a new one cancels the source of the one before it, waits for
   * its end, and begins. What that had given and nobody has taken is dropped.
   */
  switchMap<R>(fn: Fn<T, StreamSource<R>>): Stream<R> {
    requireFunction('Stream.switchMap: fn', fn)
    return new Stream(switching(this[streamSource], expanding('Stream.switchMap', fn)))
  }

  /** What `fn` has put together so far, after each item. */
  scan<A>(fn: (sum: A, item: T, index: number) => A | PromiseLike<A>, initial: A): Stream<A> {
    requireFunction('Stream.scan: fn', fn)
    return this.#through(scanning(fn, initial))
  }

  /** The items as they are, after `fn` has seen each; promises are awaited. */
  tap(fn: Fn<T, unknown>): Stream<T> {
    requireFunction('Stream.tap: fn', fn)
    return this.#through(calling(fn, (_, item) => item))
  }

  /** The first `count` items. The source is closed when one more is asked for, and never asked for one more. */
  take(count: number): Stream<T> {
    requireLimit('Stream.take: count', count, 0)
    return new Stream(taking(this[streamSource], count))
  }

  /** The items up to the first for which `fn` gives something false. The source is closed then. */
  takeWhile(fn: Fn<T, unknown>): Stream<T> {
    requireFunction('Stream.takeWhile: fn', fn)
    return new Stream(takingWhile(this[streamSource], fn))
  }

  /** The items that are not the `same` as the one before them; as `Object.is` tells, if left out. */
  distinctUntilChanged(same: (a: T, b: T) => boolean = Object.is): Stream<T> {
    requireFunction('Stream.distinctUntilChanged: same', same)
    return this.#through(leavingOutRepeats(same))
  }

  /** All but the first `count` items. */
  skip(count: number): Stream<T> {
    requireLimit('Stream.skip: count', count, 0)
    return this.filter((_, index) => index >= count)
  }

  /**
   * Ends when `stop` has: work that is run in a task, or a source that gives an item. Items that were ready
   * by then are still given. The source runs in a task of its own.
   */
  takeUntil(stop: Stop): Stream<T> {
    return new Stream(takingUntil(this[streamSource], stop))
  }

  /**
   * Arrays of `size` items, the last one shorter. With `maxDelay` none waits for longer than that to be
   * full, and the source runs in a task of its own. A failure of the source drops what was not full.
   */
  chunk(size: number, options: ChunkOptions = {}): Stream<T[]> {
    const { maxDelay = Infinity } = options
    requireLimit('Stream.chunk: size', size)
    requireDuration('Stream.chunk: maxDelay', maxDelay)
    if (maxDelay === Infinity) return this.#through(chunking(size))
    return new Stream(chunkingInTime(this[streamSource], size, maxDelay))
  }

  /** The source runs in a task of its own, up to `capacity` items ahead, and one that it has in its hand. */
  buffer(capacity: number): Stream<T> {
    requireLimit('Stream.buffer: capacity', capacity, 0)
    return new Stream(buffering(this[streamSource], capacity))
  }

  /** The source runs in a task of its own and is never held up: of items not yet taken the newest is kept. */
  conflate(): Stream<T> {
    return new Stream(conflating(this[streamSource]))
  }

  /**
   * An item when no other has come for `ms` after it, and the last one at the end. The source runs in a
   * task of its own and is never held up; of items not yet taken the newest is kept.
   */
  debounce(ms: number): Stream<T> {
    requireDuration('Stream.debounce: ms', ms)
    return new Stream(debouncing(this[streamSource], ms))
  }

  /**
   * At most one item in `ms`: the first at once, then the latest of those that came meanwhile, or the
   * `first` of them. The source runs in a task of its own and is never held up.
   */
  throttle(ms: number, options: ThrottleOptions = {}): Stream<T> {
    const { keep = 'latest' } = options
    requireDuration('Stream.throttle: ms', ms)
    if (keep !== 'latest' && keep !== 'first') {
      refuse('Stream.throttle: keep', "'latest' or 'first'", keep)
    }
    return new Stream(throttling(this[streamSource], ms, keep))
  }

  /** Throws `TimeoutError` when an item that is asked for has not come after `ms`. */
  timeout(ms: number): Stream<T> {
    requireDuration('Stream.timeout: ms', ms)
    return new Stream(limitingTime(this[streamSource], ms))
  }

  /**
   * Walks the source again, from its beginning, when it fails: `attempts` walks in all, with the delays of
   * `retry`. Failures of later stages and cancellations are none of the source. A function or another source
   * that can be walked twice is needed: a generator cannot.
   */
  retry(policy: RetryOptions = {}): Stream<T> {
    requireLimit('Stream.retry: attempts', policy.attempts ?? 1)
    return new Stream(retrying(this[streamSource], policy))
  }

  /**
   * When the source fails: what `fn` makes of the error is walked in its place, once the source has been closed. Failures
   * of later stages, of what `fn` gives, and cancellations pass.
   */
  catch<R>(fn: (error: unknown) => StreamSource<R> | PromiseLike<StreamSource<R>>): Stream<T | R> {
    requireFunction('Stream.catch: fn', fn)
    return new Stream(catching(this[streamSource], expanding('Stream.catch', fn)))
  }

  /**
   * Calls `fn` once when a walk is over, however it ended, after the source has been closed: under a shield,
   * awaited. What it throws fails the walk.
   */
  finalize(fn: () => unknown): Stream<T> {
    requireFunction('Stream.finalize: fn', fn)
    return new Stream(finalizing(this[streamSource], fn))
  }

  /**
   * One walk over the source for all who walk over this at the same time: each gets what comes from then
   * on, after the latest `replay` items. It runs in the task where `share` is called, begins with the first reader,
   * ends with the last.
   */
  share(policy: SharePolicy = {}): Stream<T> {
    const { capacity = 1, drop = 'none', replay = 0 } = policy
    requireLimit('Stream.share: capacity', capacity)
    requireCount('Stream.share: replay', replay, 0)
    return new Stream(sharing(this[streamSource], capacity, drop === 'oldest', replay))
  }

  /**
   * All items.
   *
   * Cancellation: closes the source, then throws. So with all that follow.
   */
  toArray(): Promise<T[]> {
    return handled(async () => {
      const items: T[] = []
      await drain(this[streamSource], currentScope(), (item) => void items.push(item))
      return items
    })
  }

  /** The first item, or the first for which `fn` gives something true; undefined when there is none. Then the source is closed. */
  async first(fn?: Fn<T, unknown>): Promise<T | undefined> {
    const wanted = fn === undefined ? this : this.filter(fn)
    const [item] = await wanted.take(1).toArray()
    return item
  }

  /** What `fn` puts together of all items, beginning with `initial`; promises are awaited. */
  reduce<A>(fn: (sum: A, item: T, index: number) => A | PromiseLike<A>, initial: A): Promise<A> {
    return handled(async () => {
      requireFunction('Stream.reduce: fn', fn)
      let sum = initial
      let index = 0
      await drain(this[streamSource], currentScope(), (item) => {
        const next = fn(sum, item, index++)
        if (isThenable(next)) return next.then((next) => (sum = next))
        return (sum = next)
      })
      return sum
    })
  }

  /** Calls `fn` with each item, one after the other; promises are awaited. */
  forEach(fn: Fn<T, unknown>): Promise<void> {
    return handled(async () => {
      requireFunction('Stream.forEach: fn', fn)
      let index = 0
      await drain(this[streamSource], currentScope(), (item) => fn(item, index++))
    })
  }

  /** Puts all items into a queue, waits for room where there is none, and closes it at the end. */
  pipeTo(queue: Sink<T>, { close = true }: PipeOptions = {}): Promise<void> {
    return handled(async () => {
      await drain(this[streamSource], currentScope(), (item) => queue.put(item))
      if (close) queue.close()
    })
  }

  /**
   * A ReadableStream of the web. It takes an item when one is read; cancelling it closes the source.
   * For one of Node: `Readable.from(stream)`.
   */
  toReadable(): ReadableStream<T> {
    return readableOf(this[Symbol.asyncIterator]())
  }

  /** A walk of one's own. It is closed when the scope ends in which this is called. */
  [Symbol.asyncIterator](): StreamIterator<T> {
    return new StreamWalk(this[streamSource])
  }

  get [Symbol.toStringTag](): string {
    return 'Stream'
  }

  #through<R>(step: MakeStep): Stream<R> {
    return new Stream(through<R>(this[streamSource], step))
  }
}

/** What `fn` gives, as something to walk. */
function expanding<A extends readonly unknown[], R>(
  api: string,
  fn: (...args: A) => StreamSource<R> | PromiseLike<StreamSource<R>>,
): (...args: A) => Source<R> | PromiseLike<Source<R>> {
  const check = (made: StreamSource<R>): Source<R> => sourceOf(`${api}: what fn gives`, made)
  return (...args) => {
    const made = fn(...args)
    return isThenable(made) ? made.then(check) : check(made)
  }
}

/**
 * A stream of anything that can be iterated: an iterable, an async iterable, a web ReadableStream, a Node
 * Readable, or a function that returns one of these, which is called for each iteration.
 *
 * Cost: where neither the source nor a stage has to be waited for, an item costs no promise.
 *
 * Cancellation: as `Stream`.
 *
 * @example
 * const names = await stream(urls).map(download, { concurrency: 10 }).filter(Boolean).toArray()
 * @see RxJS, aiostream, swift-async-algorithms
 */
export function stream<T>(source: StreamSource<T>): Stream<T> {
  return new Stream(sourceOf('stream: source', source))
}
