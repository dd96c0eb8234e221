import { checkpoint, defineWorker } from '@corral/workers/thread'
import { add } from './add.ts'

export const worker = defineWorker({
  add: (a: number, b: number): number => add([a, b]),
  hot(beats: Int32Array): void {
    for (;;) Atomics.add(beats, 0, 1)
  },
  polite(beats: Int32Array): void {
    for (;;) {
      Atomics.add(beats, 0, 1)
      checkpoint()
    }
  },
  checkpoints(n: number): number {
    const started = performance.now()
    for (let i = 0; i < n; i++) checkpoint()
    return ((performance.now() - started) * 1e6) / n
  },
})
