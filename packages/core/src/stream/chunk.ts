import { Timer } from '../lowlevel.ts'
import type { Source } from './cursor.ts'
import { drain } from './drain.ts'
import { inTask } from './task-stage.ts'
import { SKIP } from './transform.ts'
import type { MakeStep } from './transform.ts'

/** Arrays of `size` items, the last one shorter. */
export function chunking(size: number): MakeStep {
  return () => {
    let chunk: unknown[] = []
    const flush = (): unknown => {
      const full = chunk
      chunk = []
      return full
    }
    return Object.assign((item: unknown) => (chunk.push(item) < size ? SKIP : flush()), {
      end: () => (chunk.length > 0 ? flush() : undefined),
    })
  }
}

/** The same, and none is kept longer than `maxDelay` after its first item. */
export function chunkingInTime<T>(source: Source<T>, size: number, maxDelay: number): Source<T[]> {
  return inTask('Stream.chunk', async (stage, scope) => {
    const { clock } = scope.runtime
    let chunk: T[] = []
    let due = Infinity
    /** What was due waits for somebody to take it. */
    let handing: Promise<void> | undefined
    const flush = (): Promise<void> | void => {
      const full = chunk
      chunk = []
      if (full.length > 0) return stage.emit(full, scope)
    }
    const handed = (): void => {
      handing = undefined
      if (chunk.length > 0) alarm.set(clock, due)
    }
    const alarm = new Timer(() => {
      handing ??= flush()?.then(handed, handed)
    })
    try {
      await drain(source, scope, (item) => {
        if (chunk.push(item) === 1) {
          due = clock.now() + maxDelay
          alarm.set(clock, due)
        }
        if (chunk.length >= size) return flush()
      })
      await flush()
    } finally {
      await handing // what was ready comes before the end, or the error
      alarm.clear()
    }
  })
}
