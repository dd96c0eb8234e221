// CPU-bound work in threads: the event loop stays free, progress comes back, and a timeout really stops it.
import { checkpoint, defineWorker } from '@corral/workers/thread'
import { WorkerPool } from '@corral/workers'
import { mapConcurrent, moveOnAfter, run, sleep, spawn } from 'corral'

function isPrime(n: number): boolean {
  for (let i = 2; i * i <= n; i++) if (n % i === 0) return false
  return n > 1
}

// What runs in the threads: usually a module of its own.
export const primes = defineWorker({
  count(from: number, to: number): number {
    let found = 0
    for (let n = from; n < to; n++) {
      if (n % 1000 === 0) checkpoint() // not wanted any more? then it ends here
      if (isPrime(n)) found += 1
    }
    return found
  },

  *countInSteps(to: number, steps: number): Generator<string, number> {
    let found = 0
    for (let step = 0; step < steps; step++) {
      found += primes.count((to / steps) * step, (to / steps) * (step + 1))
      yield `${((step + 1) / steps) * 100} %`
    }
    return found
  },
})

export async function main(): Promise<void> {
  await using pool = new WorkerPool<typeof primes>(import.meta.url, { threads: 2 })

  let ticks = 0
  const ticker = spawn(async () => {
    for (;;) {
      await sleep(1)
      ticks += 1
    }
  })
  const parts = Array.from({ length: 8 }, (_, i) => i * 100_000)
  const counts = await mapConcurrent(
    parts,
    (from) => pool.run('count', [from, from + 100_000]),
    { concurrency: Infinity }, // the pool has the limit
  )
  console.log(`${counts.reduce((a, b) => a + b)} primes below 800000`)
  console.log(`meanwhile the loop ${ticks > 10 ? 'went on' : 'stood still'}`)
  ticker.cancel()

  const counting = pool.iterate('countInSteps', [200_000, 4])
  for await (const progress of counting) console.log(`  ${progress}`)
  console.log(`${await counting.result()} primes below 200000`)

  const { timedOut } = await moveOnAfter(100, () => pool.run('count', [0, 20_000_000]))
  console.log(`timed out: ${timedOut ? 'yes' : 'no'}, still at work: ${pool.running}`)
}

if (import.meta.main) await run(main)
