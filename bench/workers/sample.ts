// node sample.ts <contender>: prints tasks per second, the median of some rounds; `cancel` prints latencies.
import { CancelScope, now, run, sleep, spawn } from 'corral'
import { WorkerPool } from '@corral/workers'
import { calls, contenders } from './contenders.ts'
import type { worker } from './corral-thread.ts'

const name = process.argv[2] ?? ''

async function rate(): Promise<number> {
  const open = contenders[name]
  if (open === undefined) throw new Error(`no contender is called ${name}`)
  const add = await open()
  await calls(add, 20_000)
  const rates: number[] = []
  for (let round = 0; round < 5; round++) {
    const started = performance.now()
    await calls(add, 20_000)
    rates.push((20_000 / (performance.now() - started)) * 1000)
  }
  return rates.toSorted((a, b) => a - b)[2] as number
}

/** From the cancellation to the end of the call, with a neighbour that must not notice. */
async function latencies(): Promise<object> {
  const url = new URL('./corral-thread.ts', import.meta.url)
  await using pool = new WorkerPool<typeof worker>(url, { threads: 2, min: 2 })
  const neighbour = new Int32Array(new SharedArrayBuffer(4))
  const other = spawn(() => pool.run('polite', [neighbour]))
  while (Atomics.load(neighbour, 0) === 0) await sleep(1)
  let stoodStill = 0 // a busy machine may give it no time
  const result: Record<string, number[]> = { hot: [], polite: [] }
  for (const kind of ['hot', 'polite'] as const) {
    for (let i = 0; i < 30; i++) {
      const beats = new Int32Array(new SharedArrayBuffer(4))
      const scope = new CancelScope()
      let cancelledAt = 0
      const before = Atomics.load(neighbour, 0)
      spawn(async () => {
        while (Atomics.load(beats, 0) === 0) await sleep(1)
        await sleep(5)
        cancelledAt = now()
        scope.cancel()
      })
      await scope.run(() => pool.run(kind, [beats]))
      result[kind]?.push(now() - cancelledAt)
      if (Atomics.load(neighbour, 0) === before) stoodStill += 1
    }
  }
  const nsPerCheckpoint = await runCheckpoints()
  other.cancel()
  await other.settled()
  return { ...result, stoodStill, nsPerCheckpoint }

  async function runCheckpoints(): Promise<number> {
    await pool.run('checkpoints', [5_000_000])
    return await pool.run('checkpoints', [20_000_000])
  }
}

console.log(JSON.stringify(name === 'cancel' ? await run(latencies) : await rate()))
process.exit(0)
