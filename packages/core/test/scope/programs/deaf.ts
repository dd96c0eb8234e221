import { moveOnAfter, run, sleep } from '../../../src/index.ts'

// A loop that takes no notice of its cancellation must let timers and I/O through.
await run(() =>
  moveOnAfter(1, async () => {
    const seen = { ticks: 0, calls: 0 }
    const timer = setInterval(() => (seen.ticks += 1), 1)
    while (seen.ticks < 3 && seen.calls < 3_000_000) {
      await sleep(1000).catch(() => {})
      seen.calls += 1
    }
    clearInterval(timer)
    console.log(JSON.stringify(seen))
  }),
)
