// Run by process.test.ts: `node program.ts idle|busy|hot`.
import { run, sleep } from 'corral'
import { defineWorker } from '@corral/workers/thread'
import { WorkerPool } from '@corral/workers'

export const worker = defineWorker({
  add: (a: number, b: number): number => a + b,
  busy(ms: number): string {
    const until = Date.now() + ms
    while (Date.now() < until);
    return 'done'
  },
  hot(beats: Int32Array): void {
    for (;;) Atomics.add(beats, 0, 1)
  },
})

const [, , what] = process.argv
if (import.meta.main) {
  const pool = new WorkerPool<typeof worker>(import.meta.url, { threads: 1 })
  if (what === 'idle') {
    console.log(await pool.run('add', [1, 2])) // and the pool is forgotten
  } else if (what === 'busy') {
    void pool.run('busy', [200]).then(console.log)
  } else {
    await run(async () => {
      await using _pool = pool
      const beats = new Int32Array(new SharedArrayBuffer(4))
      const work = pool.run('hot', [beats])
      while (Atomics.load(beats, 0) === 0) await sleep(1)
      console.log('working')
      await work
    })
  }
}
