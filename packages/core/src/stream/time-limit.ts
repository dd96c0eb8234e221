import { timeout } from '../scope/timeout.ts'
import type { Source } from './cursor.ts'
import { TaskStage } from './task-stage.ts'

/**
 * Fails when an item that is asked for does not come within `ms`. The source runs in a task of its own: a
 * scope that it opens must not end with the wait for an item.
 */
export function limitingTime<T>(source: Source<T>, ms: number): Source<T> {
  return {
    open(scope) {
      const stage = new TaskStage<T>('Stream.timeout', scope, (stage, scope) =>
        stage.emitAll(source, scope),
      )
      return {
        next: () => (stage.stocked ? stage.next() : timeout(ms, () => stage.next())),
        close: () => stage.close(),
      }
    },
  }
}
