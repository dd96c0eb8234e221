import { checkpoint, run, Semaphore } from '../../../src/index.ts'

// A loop of calls that are all ready must let timers and I/O through.
await run(async () => {
  const seen = { ticks: 0, calls: 0 }
  const timer = setInterval(() => (seen.ticks += 1), 1)
  const semaphore = new Semaphore(1)
  while (seen.ticks < 10 && seen.calls < 10_000_000) {
    using _permit = await semaphore.acquire()
    await checkpoint()
    seen.calls += 1
  }
  clearInterval(timer)
  console.log(JSON.stringify(seen))
})
