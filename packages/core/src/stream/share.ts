import { currentScope, HomeContext, RingBuffer } from '../lowlevel.ts'
import type { ScopeNode } from '../lowlevel.ts'
import { shield } from '../scope/shield.ts'
import type { Task } from '../scope/task.ts'
import type { Source } from './cursor.ts'
import { drain } from './drain.ts'
import { TaskStage } from './task-stage.ts'

export interface SharePolicy {
  /** How many items a reader may be behind: at least 1. Default 1. */
  readonly capacity?: number
  /** When a reader is that far behind: all wait for it (default), or it loses the `oldest` one. */
  readonly drop?: 'none' | 'oldest'
  /** How many of the latest items a reader is given that comes while the walk is under way. Default 0. */
  readonly replay?: number
}

/** One walk over the source for all who read at the same time, in the task where this was called. */
export function sharing<T>(
  source: Source<T>,
  capacity: number,
  drops: boolean,
  replay: number,
): Source<T> {
  const owner = new HomeContext()
  let latest: Walk<T> | undefined
  return {
    open(scope) {
      const walk = latest?.running === true ? latest : new Walk(source, owner, replay)
      latest = walk
      const read = (reader: TaskStage<T>): Promise<void> => walk.read(reader)
      const room = Math.max(capacity, replay)
      const reader = new TaskStage('Stream.share', scope, read, room, drops)
      walk.join(reader, scope)
      return reader
    },
  }
}

/** It begins with the first reader, and is cancelled when the last one has left. */
class Walk<T> {
  readonly readers = new Set<TaskStage<T>>()
  running = true
  readonly #task: Task<void>
  readonly #replay: number
  readonly #latest = new RingBuffer<T>()

  constructor(source: Source<T>, owner: HomeContext, replay: number) {
    this.#replay = replay
    const work = (): Promise<void> => {
      const scope = currentScope()
      return drain(source, scope, (item) => this.#send(item, scope))
    }
    this.#task = owner.spawn('Stream.share', work, () => (this.running = false))
  }

  /** The latest items first, then what comes. */
  join(reader: TaskStage<T>, scope: ScopeNode): void {
    for (let i = 0; i < this.#latest.size; i++) void reader.emit(this.#latest.at(i) as T, scope)
    this.readers.add(reader)
  }

  /** Until the walk has ended, or the reader is cancelled, which is how it leaves. */
  async read(reader: TaskStage<T>): Promise<void> {
    try {
      const end = await this.#task.settled()
      if (end.status === 'rejected') throw end.reason
    } catch (error) {
      if (this.running) await this.#leave(reader)
      throw error
    }
  }

  async #leave(reader: TaskStage<T>): Promise<void> {
    this.readers.delete(reader)
    reader.stop() // the others need not wait for it
    if (this.readers.size > 0) return
    this.running = false
    this.#task.cancel('nobody reads the stream any more')
    const end = await shield(() => this.#task.settled())
    if (end.status === 'rejected' && this.#task.status === 'rejected') throw end.reason
  }

  /** Those who have room have the item at once; the others are waited for. */
  async #send(item: T, scope: ScopeNode): Promise<void> {
    if (this.#replay > 0) {
      this.#latest.push(item)
      if (this.#latest.size > this.#replay) this.#latest.shift()
    }
    const waits: Promise<void>[] = []
    for (const reader of this.readers) {
      const wait = reader.emit(item, scope)
      if (wait !== undefined) waits.push(wait)
    }
    for (const wait of waits) await wait
  }
}
