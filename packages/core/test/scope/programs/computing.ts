import { checkpoint, run } from '../../../src/index.ts'

// A few long computations with a checkpoint between each two must let timers through.
await run(async () => {
  let ticks = 0
  const timer = setInterval(() => (ticks += 1), 1)
  for (let i = 0; i < 20; i++) {
    const end = Date.now() + 10
    while (Date.now() < end);
    await checkpoint()
  }
  clearInterval(timer)
  console.log(ticks)
})
