// Limits: on concurrent calls, per host, and per second.
import { Keyed, mapConcurrent, now, RateLimiter, run, Semaphore, sleep } from 'corral'

class Gauge {
  now = 0
  most = 0
  async during(work: () => Promise<void>): Promise<void> {
    this.now += 1
    this.most = Math.max(this.most, this.now)
    await work()
    this.now -= 1
  }
}

async function work(): Promise<void> {
  await sleep(10)
}

export async function main(): Promise<void> {
  const calls = Array.from({ length: 20 }, (_, i) => i)
  const unlimited = { concurrency: Infinity }

  const semaphore = new Semaphore(3)
  const gauge = new Gauge()
  await mapConcurrent(calls, () => semaphore.use(() => gauge.during(work)), unlimited)
  console.log(`20 calls, at most ${gauge.most} at a time`)

  const perHost = new Keyed((_host: string) => new Semaphore(2))
  const gauges = { 'a.org': new Gauge(), 'b.org': new Gauge() }
  await mapConcurrent(
    calls,
    (i) => {
      const host = i % 4 === 0 ? 'a.org' : 'b.org'
      return perHost.use(host, (limit) => limit.use(() => gauges[host].during(work)))
    },
    unlimited,
  )
  for (const [host, { most }] of Object.entries(gauges)) console.log(`${host}: at most ${most}`)

  const limiter = new RateLimiter({ limit: 5, interval: 100 })
  const start = now()
  await mapConcurrent(calls, () => limiter.acquire(), unlimited)
  console.log(`20 calls, 5 in 100 ms: ${((now() - start) / 1000).toFixed(1)} s`)
}

if (import.meta.main) await run(main)
