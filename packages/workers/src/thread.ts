// What a worker module imports: the side of the thread.
export { checkpoint } from './thread/checkpoint.ts'
export { defineWorker } from './thread/define-worker.ts'
export type { WorkerContext, WorkerFunction, WorkerModule } from './thread/define-worker.ts'
export { hostOf } from './thread/host-of.ts'
export type { HostFunctions } from './thread/host-of.ts'
export { transfer } from './thread/transfer.ts'
