// What a process does, as seen by files: no memory is shared with it.
import { execFileSync, spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { moveOnAfter, now, currentDeadline, sleep } from 'corral'
import { checkpoint, defineWorker, hostOf, transfer } from '@corral/workers/thread'
import { requestId } from './sums.ts'

/** Another process sees it at once. */
function note(path: string, text: string): void {
  appendFileSync(path, text)
}

export type Host = {
  readonly double: (n: number) => Promise<number>
  readonly fail: (message: string) => never
  readonly never: () => Promise<void>
  readonly slow: (n: number) => Promise<number>
  readonly odd: () => unknown
}

export const apart = defineWorker(
  {
    pid: (): number => process.pid,
    echo: (value: unknown): unknown => value,
    fail(message: string): never {
      throw new RangeError(message, { cause: new Error('the cause') })
    },
    give(length: number): Uint8Array {
      const bytes = new Uint8Array(length).fill(1)
      return transfer(bytes, [bytes.buffer])
    },
    returnFunction: (): unknown => () => 1,
    exit: (code: number): void => process.exit(code),
    crash(): Promise<never> {
      setTimeout(() => {
        throw new Error('nobody caught this')
      }, 1)
      return new Promise(() => {})
    },
    abort: (): void => process.abort(),
    die: (signal: NodeJS.Signals): void => void process.kill(process.pid, signal),
    async dieLater(signal: NodeJS.Signals): Promise<void> {
      process.kill(process.pid, signal)
      await sleep(10_000)
    },
    eatMemory(): number {
      const eaten: unknown[] = []
      for (;;) eaten.push(Array.from({ length: 1000 }, (_, i) => ({ i })))
    },
    requestId: (): string => requestId.get(),
    timeLeft: (): number => currentDeadline() - now(),

    // What is cancelled; each says that it has begun, and its pid
    hot(path: string): void {
      note(path, `${process.pid}\n`)
      for (;;);
    },
    polite(path: string): void {
      note(path, `${process.pid}\n`)
      try {
        for (;;) checkpoint()
      } catch (error) {
        note(path, `${(error as { reason: string }).reason}\n`)
        throw error
      }
    },
    async waits(path: string): Promise<void> {
      note(path, `${process.pid}\n`)
      try {
        await sleep(60_000)
      } finally {
        note(path, 'cleaned up\n')
      }
    },
    native(path: string): void {
      note(path, `${process.pid}\n`)
      execFileSync('sh', ['-c', `echo $$ >> '${path}'; sleep 60; echo late >> '${path}'`])
    },
    async leavesChild(path: string): Promise<void> {
      const child = spawn('sleep', ['60'], { stdio: 'ignore' })
      note(path, `${process.pid}\n${child.pid}\n`)
      await sleep(60_000)
    },
    *count(n: number): Generator<number, string> {
      for (let i = 0; i < n; i++) yield i
      return `counted ${n}`
    },

    // Calls back
    twice: (n: number): Promise<number> => hostOf<Host>().double(n),
    async many(n: number): Promise<number[]> {
      const numbers = Array.from({ length: n }, (_, i) => i)
      return await Promise.all(numbers.map((i) => hostOf<Host>().double(i)))
    },
    asksAndFails: (message: string): Promise<never> => hostOf<Host>().fail(message),
    asksForWhatIsNot: (): Promise<unknown> =>
      hostOf<{ nothing: () => void }>().nothing() as Promise<unknown>,
    asksOddly: (): Promise<unknown> => hostOf<Host>().odd(),
    givesUp: (ms: number): Promise<unknown> => moveOnAfter(ms, () => hostOf<Host>().never()),
    async asksAndWaits(): Promise<void> {
      await hostOf<Host>().never()
    },
    forgets(): string {
      void hostOf<Host>()
        .never()
        .catch(() => {})
      return 'gone on'
    },
    async asksAndExits(): Promise<void> {
      void hostOf<Host>()
        .never()
        .catch(() => {})
      await sleep(20)
      process.exit(3)
    },
    async *asksOnTheWay(n: number): AsyncGenerator<number, void> {
      for (let i = 0; i < n; i++) yield await hostOf<Host>().double(i)
    },
  },
  { context: { requestId } },
)
