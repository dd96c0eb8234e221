/// <reference types="node" preserve="true" />

export { WorkerError } from './errors.ts'
export type { WorkerErrorCode } from './errors.ts'
export { WorkerIteration } from './pool/worker-iteration.ts'
export { WorkerPool } from './pool/worker-pool.ts'
export type { IterateOptions, PoolHost, RunOptions, WorkerPoolOptions } from './pool/options.ts'
export type { ArgumentsOf, FunctionsOf, ItemOf, ResultOf } from './thread/signatures.ts'
