import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { threadId } from 'node:worker_threads'
import { currentDeadline, currentTask, now, sleep, spawn, TaskLocal } from 'corral'
import { checkpoint, defineWorker, transfer } from '@corral/workers/thread'
import { NotFound } from './not-found.ts'

export const requestId: TaskLocal<string> = new TaskLocal('none')

/** What a test can see of a thread while it works. */
function beat(beats: Int32Array): void {
  Atomics.add(beats, 0, 1)
}

function failing(message: string): Disposable {
  return {
    [Symbol.dispose]() {
      throw new RangeError(message)
    },
  }
}

/** Throws what need not be an error. */
function raise(value: unknown): never {
  const thrown: unknown = value
  throw thrown
}

class Stranger extends TypeError {
  readonly detail = { depth: 3 }
  readonly listener = (): void => {}
}

export const sums = defineWorker(
  {
    add: (a: number, b: number): number => a + b,
    echo: (value: unknown): unknown => value,
    thread: (): number => threadId,
    optional: (name = 'nobody'): string => name,

    // Errors
    fail(message: string): never {
      throw new RangeError(message, { cause: new Error('the cause') })
    },
    async failLater(message: string): Promise<never> {
      await sleep(1)
      throw new NotFound(message, 404)
    },
    failStrangely(): never {
      throw new Stranger('never seen')
    },
    throwValue: (value: unknown): never => raise(value),
    throwSymbol(): never {
      return raise(Symbol('odd'))
    },
    async failByMisuse(): Promise<void> {
      await sleep(-1)
    },
    async exitsWhenCancelled(): Promise<void> {
      try {
        await sleep(10_000)
      } finally {
        queueMicrotask(() => {
          throw new Error('on the way out')
        })
        await new Promise(() => {})
      }
    },
    returnFunction: (): unknown => () => 1,
    exit(code: number): void {
      process.exit(code)
    },
    crash(): Promise<never> {
      setTimeout(() => {
        throw new Error('nobody caught this')
      }, 1)
      return new Promise(() => {})
    },
    crashWhenIdle(): void {
      setTimeout(() => {
        throw new Error('after the end')
      }, 20)
    },
    eatMemory(): number {
      const eaten: unknown[] = []
      for (;;) eaten.push(Array.from({ length: 1000 }, (_, i) => ({ i })))
    },

    // What is cancelled
    hot(beats: Int32Array): void {
      for (;;) beat(beats)
    },
    polite(beats: Int32Array): void {
      for (;;) {
        beat(beats)
        checkpoint()
      }
    },
    async waits(beats: Int32Array): Promise<void> {
      for (;;) {
        beat(beats)
        await sleep(1)
      }
    },
    async cleansUp(beats: Int32Array, ms: number): Promise<void> {
      try {
        for (;;) {
          beat(beats)
          await sleep(1)
        }
      } finally {
        const until = Date.now() + ms
        while (Date.now() < until) beat(beats)
        Atomics.store(beats, 1, 1)
      }
    },
    stubborn(beats: Int32Array): void {
      for (;;) {
        try {
          beat(beats)
          checkpoint()
        } catch {
          Atomics.store(beats, 1, 1)
        }
      }
    },
    async failsWhenCancelled(beats: Int32Array): Promise<void> {
      beat(beats)
      await sleep(10_000).catch(() => {
        throw new RangeError('while cleaning up')
      })
    },
    async leavesChild(beats: Int32Array): Promise<void> {
      spawn(async () => {
        for (;;) {
          beat(beats)
          await sleep(1)
        }
      })
      await sleep(1)
    },
    native(path: string): void {
      execFileSync('sh', ['-c', `sleep 0.3; touch '${path}'`])
    },
    reason(beats: Int32Array): void {
      try {
        for (;;) {
          beat(beats)
          checkpoint()
        }
      } catch (error) {
        throw new RangeError(`it said: ${(error as { reason: string }).reason}`)
      }
    },

    async cancelsItself(): Promise<void> {
      currentTask()?.cancel('enough')
      await sleep(10)
    },

    // Context
    requestId: (): string => requestId.get(),
    timeLeft: (): number => currentDeadline() - now(),
    note(path: string): void {
      process.on('exit', () => writeFileSync(path, 'bye'))
    },

    // Transfer
    sum: (bytes: Uint8Array): number => bytes.reduce((a, b) => a + b, 0),
    give(length: number): [Uint8Array, number] {
      const bytes = new Uint8Array(length).fill(1)
      return transfer([bytes, length], [bytes.buffer])
    },

    // Progress
    *count(n: number): Generator<number, string> {
      for (let i = 0; i < n; i++) yield i
      return `counted ${n}`
    },
    async *countSlowly(n: number): AsyncGenerator<number, string> {
      for (let i = 0; i < n; i++) {
        await sleep(1)
        yield i
      }
      return `counted ${n}`
    },
    *countBeats(beats: Int32Array): Generator<number, void> {
      try {
        for (let i = 0; ; i++) {
          beat(beats)
          yield i
        }
      } finally {
        Atomics.store(beats, 1, 1)
      }
    },
    *yieldThenHot(beats: Int32Array): Generator<number, void> {
      yield 1
      for (;;) beat(beats)
    },
    *yieldRequestId(): Generator<string, void> {
      yield requestId.get()
    },
    *yieldThenFail(): Generator<number, void> {
      yield 1
      yield 2
      throw new RangeError('after two')
    },
    *failInFinally(): Generator<number, void> {
      using _failing = failing('in finally')
      for (let i = 0; ; i++) yield i
    },
    *yieldFunction(): Generator<unknown, void> {
      yield () => 1
    },
  },
  { context: { requestId } },
)
