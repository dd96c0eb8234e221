import { checkpoint, run, Semaphore } from '../../../src/index.ts'

// A loop of calls that are all ready must let timers and I/O through.
await run(async () => {
  let ticks = 0
  const timer = setInterval(() => (ticks += 1), 1)
  const semaphore = new Semaphore(1)
  const end = performance.now() + 200
  let calls = 0
  while (performance.now() < end) {
    using _permit = await semaphore.acquire()
    await checkpoint()
    calls += 1
  }
  clearInterval(timer)
  console.log(JSON.stringify({ ticks, calls }))
})
