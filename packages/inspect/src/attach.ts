/// <reference types="node" preserve="true" />

export { readProcessStatus } from './attach/process-status.ts'
export type { ProcessStatus } from './attach/process-status.ts'
