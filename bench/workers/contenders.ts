import { WorkerPool } from '@corral/workers'
import { Piscina } from 'piscina'
import { Tinypool } from 'tinypool'
import type { worker } from './corral-thread.ts'
import { RawPool } from './raw-pool.ts'

export const THREADS = 2
export const IN_FLIGHT = 64

type Add = (a: number, b: number) => Promise<number>

const filename = new URL('./add.ts', import.meta.url).href
const size = { minThreads: THREADS, maxThreads: THREADS }

/** Each opens its pool, and gives the call that is measured. */
export const contenders: Readonly<Record<string, () => Promise<Add>>> = {
  'raw threads': async () => {
    const pool = await RawPool.open(THREADS)
    return (a, b) => pool.add(a, b)
  },
  corral: async () => {
    const pool = new WorkerPool<typeof worker>(new URL('./corral-thread.ts', import.meta.url), {
      threads: THREADS,
      min: THREADS,
    })
    return (a, b) => pool.run('add', [a, b])
  },
  piscina: async () => {
    const pool = new Piscina({ filename, name: 'add', ...size })
    return (a, b) => pool.run([a, b]) as Promise<number>
  },
  tinypool: async () => {
    const pool = new Tinypool({ filename, name: 'add', ...size })
    return (a, b) => pool.run([a, b]) as Promise<number>
  },
}

/** `n` calls, so many in flight at a time. */
export async function calls(add: Add, n: number): Promise<void> {
  let next = 0
  const caller = async (): Promise<void> => {
    while (next < n) {
      const i = next++
      const sum = await add(i, 1)
      if (sum !== i + 1) throw new Error(`${i} + 1 is ${sum}`)
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, caller))
}
