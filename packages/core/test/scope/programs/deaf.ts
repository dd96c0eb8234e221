import { moveOnAfter, run, sleep } from '../../../src/index.ts'

// A loop that takes no notice of its cancellation must let timers and I/O through.
await run(() =>
  moveOnAfter(1, async () => {
    let ticks = 0
    const timer = setInterval(() => (ticks += 1), 1)
    let calls = 0
    while (ticks < 3 && calls < 3_000_000) {
      await sleep(1000).catch(() => {})
      calls += 1
    }
    clearInterval(timer)
    console.log(JSON.stringify({ ticks, calls }))
  }),
)
