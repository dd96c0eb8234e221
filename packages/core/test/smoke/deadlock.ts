// Two tasks, each of which holds the lock that the other one waits for.
import { gather, Lock, run, sleep } from 'corral'

await run(async () => {
  const [a, b] = [new Lock(), new Lock()]
  const take = async (first: Lock, second: Lock): Promise<void> => {
    using _first = await first.acquire()
    await sleep(1)
    using _second = await second.acquire()
  }
  await gather({ one: () => take(a, b), two: () => take(b, a) })
})
