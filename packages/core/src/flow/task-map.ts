import { requireFunction, requireOptions, requireWord } from '../lowlevel.ts'
import { throwIfCancelled } from '../scope/checkpoint.ts'
import { shield } from '../scope/shield.ts'
import type { SpawnOptions } from '../scope/spawn.ts'
import { taskGroup } from '../scope/task-group.ts'
import type { TaskGroup } from '../scope/task-group.ts'
import type { Task } from '../scope/task.ts'

export interface TaskMapSpawnOptions extends SpawnOptions {
  /** When a task of this key lives: `keep` it and return it (default), or `replace` it: cancel it, and begin when it has ended. */
  readonly existing?: 'keep' | 'replace'
}

/**
 * Tasks of a group, at most one for each key: a connection per device, a reload per file, a search per
 * user. A key is free again when its task and everything it spawned have ended.
 *
 * Cost: O(1) to spawn and to look up; one more scope for each task.
 *
 * @example
 * await taskGroup(async (group) => {
 *   const reloads = new TaskMap<string>(group)
 *   reloads.spawn('a.txt', () => reload('a.txt'), { existing: 'replace' })
 * })
 * @see tokio_util::task::JoinMap
 */
export class TaskMap<K, T = void> {
  readonly #group: TaskGroup
  readonly #tasks = new Map<K, Task<T>>()

  /** @param group where the tasks live: it waits for them, and their failures are its failures */
  constructor(group: TaskGroup) {
    requireOptions('TaskMap: group', group)
    this.#group = group
  }

  /** How many keys have a task. */
  get size(): number {
    return this.#tasks.size
  }

  /** The task of `key`, while it lives. */
  get(key: K): Task<T> | undefined {
    return this.#tasks.get(key)
  }

  has(key: K): boolean {
    return this.#tasks.has(key)
  }

  keys(): IterableIterator<K> {
    return this.#tasks.keys()
  }

  /**
   * Starts a task for `key`, or keeps the one there is. One that replaces another begins when the other and
   * its cleanup have ended: never are two of a key at work. Replaced before it began, it never begins.
   *
   * @throws MisuseError when the group is failing or has ended
   */
  spawn(key: K, fn: () => PromiseLike<T> | T, options: TaskMapSpawnOptions = {}): Task<T> {
    requireFunction('TaskMap.spawn: fn', fn)
    const { existing = 'keep', name } = options
    requireWord('TaskMap.spawn: existing', existing, ['keep', 'replace'])
    const before = this.#tasks.get(key)
    if (before !== undefined && existing === 'keep') return before
    const work = async (): Promise<T> => {
      try {
        if (before !== undefined) {
          await shield(() => before.settled())
          throwIfCancelled()
        }
        return (await taskGroup(() => fn(), { name: 'TaskMap' })) as T
      } finally {
        if (this.#tasks.get(key) === task) this.#tasks.delete(key)
      }
    }
    const task = this.#group.spawn(work, { name: name ?? (fn.name || String(key)) })
    this.#tasks.set(key, task)
    before?.cancel('it was replaced')
    return task
  }

  /** Cancels the task of `key`. False when there is none, or it was cancelled already. */
  cancel(key: K, reason?: unknown): boolean {
    return this.#tasks.get(key)?.cancel(reason) ?? false
  }

  get [Symbol.toStringTag](): string {
    return 'TaskMap'
  }
}
