// A program to be looked into, on any runtime: it says its PID, and waits.
import { run, sleep, spawn } from 'corral'

await run(
  async () => {
    spawn(() => sleep(60_000), { name: 'nap' })
    await sleep(1)
    console.log(process.pid)
    await sleep(60_000)
  },
  { name: 'main' },
)
