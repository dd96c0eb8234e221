import { currentScope, suspend, Waiter, WaitQueue, wake } from '../lowlevel.ts'
import type { ScopeNode } from '../lowlevel.ts'
import { sleepUntil } from '../scope/sleep.ts'
import type { Opener } from './cursor.ts'
import { drain } from './drain.ts'
import { Relay } from './relay.ts'
import { SKIP } from './transform.ts'
import type { MakeStep } from './transform.ts'

/** Arrays of `size` items, the last one shorter. */
export function chunking(size: number): MakeStep {
  return () => {
    let chunk: unknown[] = []
    const flush = (): unknown => {
      const full = chunk
      chunk = []
      return full.length === 0 ? SKIP : full
    }
    const step = (item: unknown): unknown => (chunk.push(item) < size ? SKIP : flush())
    return Object.assign(step, { end: flush })
  }
}

/** The same, and none is kept longer than `maxDelay` after its first item. */
export function chunkingInTime<T>(source: Opener<T>, size: number, maxDelay: number): Opener<T[]> {
  return {
    open: (scope) =>
      new Relay<T[]>('Stream.chunk', scope, 0, (relay) => {
        let chunk: T[] = []
        let due = Infinity
        const begun = new WaitQueue()
        const flush = (scope: ScopeNode): Promise<void> | void => {
          const full = chunk
          chunk = []
          if (full.length > 0) return relay.emit(full, scope)
        }
        relay.spawn(async (scope) => {
          const { clock } = currentScope().runtime
          await drain(source, scope, (item) => {
            const length = chunk.push(item)
            if (length === 1) {
              due = clock.now() + maxDelay
              if (begun.first !== undefined) wake(begun.first, undefined)
            }
            if (length >= size) return flush(scope)
          })
          await flush(scope)
          relay.stop()
        })
        relay.spawn(async (scope) => {
          for (;;) {
            if (chunk.length === 0) await suspend(new Waiter('Stream.chunk', relay, begun))
            const waiting = chunk
            await sleepUntil(due)
            if (chunk === waiting) await flush(scope)
          }
        })
      }),
  }
}
