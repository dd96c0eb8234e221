/** What the recorder notes. `taskEnded` says how, `waitEnded` too. */
export const EventKind = {
  taskSpawned: 0,
  taskStarted: 1,
  taskFulfilled: 2,
  taskRejected: 3,
  taskCancelled: 4,
  waiting: 5,
  granted: 6,
  cancelled: 7,
} as const
export type EventKind = (typeof EventKind)[keyof typeof EventKind]

/** One event, read back. */
export interface RecordedEvent {
  readonly kind: EventKind
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly task: number
  /** The spawner of a task, the name of one that started or ended, the name of a wait. */
  readonly about: number
}

const KIND_BITS = 3

/** The largest `about`. */
export const MOST: number = 2 ** (32 - KIND_BITS) - 1

/** The last so many events, in 16 bytes each, whatever happens. */
export class EventRing {
  readonly #times: Float64Array
  readonly #tasks: Uint32Array
  readonly #words: Uint32Array
  readonly #mask: number
  #count = 0

  /** @param size a power of two */
  constructor(size: number) {
    this.#times = new Float64Array(size)
    this.#tasks = new Uint32Array(size)
    this.#words = new Uint32Array(size)
    this.#mask = size - 1
  }

  get size(): number {
    return this.#mask + 1
  }

  /** How many were ever added. */
  get count(): number {
    return this.#count
  }

  get bytes(): number {
    return this.#times.byteLength + this.#tasks.byteLength + this.#words.byteLength
  }

  add(kind: EventKind, time: number, task: number, about: number): void {
    const at = this.#count & this.#mask
    this.#times[at] = time
    this.#tasks[at] = task
    this.#words[at] = (about << KIND_BITS) | kind
    this.#count += 1
  }

  /** Those that are left, oldest first. */
  *[Symbol.iterator](): Generator<RecordedEvent, undefined> {
    for (let i = Math.max(0, this.#count - this.size); i < this.#count; i++) {
      const at = i & this.#mask
      const word = this.#words[at] as number
      yield {
        kind: (word & (2 ** KIND_BITS - 1)) as EventKind,
        time: this.#times[at] as number,
        task: this.#tasks[at] as number,
        about: word >>> KIND_BITS,
      }
    }
  }
}
