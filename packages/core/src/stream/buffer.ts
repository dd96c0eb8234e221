import type { Source } from './cursor.ts'
import { inTask } from './task-stage.ts'

/** The source runs in a task of its own, up to `capacity` items ahead. */
export function buffering<T>(source: Source<T>, capacity: number): Source<T> {
  return inTask('Stream.buffer', (stage, scope) => stage.emitAll(source, scope), capacity)
}

/** The source runs in a task of its own and is never held up: the newest item replaces the one before. */
export function conflating<T>(source: Source<T>): Source<T> {
  return inTask('Stream.conflate', (stage, scope) => stage.emitAll(source, scope), 1, true)
}
