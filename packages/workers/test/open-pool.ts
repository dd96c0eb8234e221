import { fileURLToPath } from 'node:url'
import type * as module from './modules/sums.ts'
import { WorkerPool } from '../src/index.ts'
import type { WorkerPoolOptions } from '../src/index.ts'

export type Sums = typeof module

const cache = fileURLToPath(new URL('../../../node_modules/.cache/workers/', import.meta.url))

/** A pool over `modules/sums.ts`, or over another module there. */
export function openPool<M = Sums>(
  options: WorkerPoolOptions = {},
  file = 'sums.ts',
): WorkerPool<M> {
  return new WorkerPool<M>(new URL(`./modules/${file}`, import.meta.url), {
    threads: 2,
    env: { ...process.env, NODE_COMPILE_CACHE: cache }, // sources start slowly
    ...options,
  })
}
