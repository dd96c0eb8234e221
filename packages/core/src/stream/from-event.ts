import { BoundedBuffer } from '../channel/bounded-buffer.ts'
import { FullError } from '../errors.ts'
import {
  currentScope,
  failAll,
  refuse,
  requireLimit,
  requireOptions,
  requireWord,
  suspend,
  Waiter,
  wakeAll,
} from '../lowlevel.ts'
import type { WaitQueue } from '../lowlevel.ts'
import { END } from './cursor.ts'
import type { Cursor, End } from './cursor.ts'
import { Stream } from './stream.ts'

/** What gives events: an emitter of Node, or an EventTarget. */
export type EventSource = EmitterLike | TargetLike

interface EmitterLike {
  on(name: string, listener: (...args: unknown[]) => void): unknown
  off(name: string, listener: (...args: unknown[]) => void): unknown
}

interface TargetLike {
  addEventListener(name: string, listener: (event: unknown) => void): void
  removeEventListener(name: string, listener: (event: unknown) => void): void
}

export interface FromEventOptions<T> {
  /** How many events are kept that nobody has taken yet. Default 1000. */
  readonly capacity?: number
  /** When there are more: the walk fails with `FullError` (`fail`, default), or the `oldest` or the `newest` is dropped. */
  readonly overflow?: 'fail' | 'oldest' | 'newest'
  /** Names of events with which the stream ends, such as `close`. */
  readonly end?: readonly string[]
  /** What a listener is called with, as an item. Default: the first argument. */
  readonly item?: (...args: never[]) => T
}

/**
 * The events of an emitter as a stream. It listens from the first step of an iteration to its end, and
 * keeps up to `capacity` events for a busy consumer. An `error` event of a Node emitter fails the
 * iteration, after the events before it.
 *
 * Cancellation: removes the listeners, and throws.
 *
 * @throws FullError when more than `capacity` events were not taken in time
 * @example
 * for await (const line of fromEvent<string>(readline, 'line', { end: ['close'] })) console.log(line)
 * @see Node's events.on, RxJS's fromEvent
 */
export function fromEvent<T>(
  source: EventSource,
  name: string,
  options: FromEventOptions<T> = {},
): Stream<T> {
  requireOptions('fromEvent', options)
  const { capacity = 1000, overflow = 'fail', end = [], item } = options
  requireLimit('fromEvent: capacity', capacity)
  requireWord('fromEvent: overflow', overflow, ['fail', 'oldest', 'newest'])
  const listen = listenerFor(source)
  const read = (item ?? ((first: T) => first)) as (...args: unknown[]) => T
  return new Stream({
    open: () => new EventCursor(listen, name, read, capacity, overflow, end),
  })
}

/** Calls `listener` on each event of a name, until the function returned is called. */
type Listen = (name: string, listener: (...args: unknown[]) => void) => () => void

function listenerFor(source: EventSource): Listen & { readonly fails: boolean } {
  const emitter = source as Partial<EmitterLike & TargetLike> | null | undefined
  if (typeof emitter?.on === 'function' && typeof emitter.off === 'function') {
    const listen: Listen = (name, listener) => {
      ;(source as EmitterLike).on(name, listener)
      return () => void (source as EmitterLike).off(name, listener)
    }
    return Object.assign(listen, { fails: true })
  }
  if (typeof emitter?.addEventListener === 'function') {
    const listen: Listen = (name, listener) => {
      ;(source as TargetLike).addEventListener(name, listener)
      return () => (source as TargetLike).removeEventListener(name, listener)
    }
    return Object.assign(listen, { fails: false })
  }
  return refuse('fromEvent: source', 'an EventEmitter or an EventTarget', source)
}

class EventCursor<T> implements Cursor<T> {
  readonly #buffer: BoundedBuffer<T>
  readonly #stops: (() => void)[] = []
  #over = false
  #failure: (() => unknown) | undefined

  constructor(
    listen: ReturnType<typeof listenerFor>,
    name: string,
    read: (...args: unknown[]) => T,
    capacity: number,
    overflow: 'fail' | 'oldest' | 'newest',
    end: readonly string[],
  ) {
    this.#buffer = new BoundedBuffer(capacity)
    const take = (...args: unknown[]): void => {
      try {
        const item = read(...args)
        if (this.#buffer.offer(item) || overflow === 'newest') return
        if (overflow === 'fail') throw full(capacity)
        this.#buffer.take()
        this.#buffer.offer(item)
      } catch (error) {
        this.#finish(() => error)
      }
    }
    this.#stops.push(listen(name, take))
    for (const each of end) this.#stops.push(listen(each, () => this.#finish()))
    if (listen.fails && name !== 'error' && !end.includes('error')) {
      this.#stops.push(listen('error', (error) => this.#finish(() => error)))
    }
  }

  next(): T | End | Promise<T | End> {
    if (this.#buffer.stocked) return this.#buffer.take()
    if (!this.#over) {
      return suspend(new Waiter<T | End>('fromEvent', this, this.#receivers), currentScope())
    }
    const failure = this.#failure
    this.#failure = undefined
    return failure === undefined ? END : Promise.reject(failure())
  }

  close(): void {
    this.#buffer.buffer.clear()
    this.#failure = undefined
    this.#stop()
  }

  get #receivers(): WaitQueue<T | End> {
    return this.#buffer.receivers as WaitQueue<never> as unknown as WaitQueue<T | End>
  }

  /** No more events: who waits is told at once. */
  #finish(failure?: () => unknown): void {
    if (this.#over) return
    this.#stop()
    if (failure === undefined) wakeAll(this.#receivers, END)
    else if (this.#receivers.size > 0) failAll(this.#receivers, failure)
    else this.#failure = failure
  }

  #stop(): void {
    this.#over = true
    for (const stop of this.#stops.splice(0)) stop()
  }
}

function full(capacity: number): FullError {
  return new FullError(
    `fromEvent: more than ${capacity} events were not taken in time; take them faster, or say with overflow what to drop`,
  )
}
