import { currentScope, suspend, Waiter, WaitQueue, wake } from '../lowlevel.ts'
import type { ScopeNode } from '../lowlevel.ts'
import { sleepUntil } from '../scope/sleep.ts'
import { spawn } from '../scope/spawn.ts'
import { END } from './cursor.ts'
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
      return full
    }
    return Object.assign((item: unknown) => (chunk.push(item) < size ? SKIP : flush()), {
      end: () => (chunk.length === 0 ? END : flush()),
    })
  }
}

/** The same, and none is kept longer than `maxDelay` after its first item. */
export function chunkingInTime<T>(source: Opener<T>, size: number, maxDelay: number): Opener<T[]> {
  const begin = (relay: Relay<T[]>): void =>
    relay.spawn(async (scope) => {
      const { clock } = scope.runtime
      const idle = new WaitQueue()
      const handed = new WaitQueue()
      let handing = false // the timer waits for somebody to take a chunk
      let chunk: T[] = []
      let due = Infinity
      const flush = (scope: ScopeNode): Promise<void> | void => {
        const full = chunk
        chunk = []
        if (full.length > 0) return relay.emit(full, scope)
      }
      const timer = spawn(
        async (task) => {
          for (;;) {
            while (chunk.length === 0) {
              await task.enter(() => suspend(new Waiter('Stream.chunk', relay, idle)))
            }
            const waiting = chunk
            await task.enter(() => sleepUntil(due))
            if (chunk !== waiting) continue
            handing = true
            await task.enter(() => flush(currentScope()))
            handing = false
            if (handed.first !== undefined) wake(handed.first, undefined)
          }
        },
        { name: 'Stream.chunk: timer' },
      )
      const handOver = async (): Promise<void> => {
        if (handing) await suspend(new Waiter('Stream.chunk', relay, handed), scope)
      }
      try {
        await drain(source, scope, (item) => {
          const length = chunk.push(item)
          if (length === 1) {
            due = clock.now() + maxDelay
            if (idle.first !== undefined) wake(idle.first, undefined)
          }
          if (length >= size) return flush(scope)
        })
      } catch (error) {
        await handOver().catch(() => {}) // what was ready before it comes first
        throw error
      }
      await flush(scope)
      await handOver()
      timer.cancel()
    })
  return { open: (scope) => new Relay('Stream.chunk', scope, 0, begin) }
}
