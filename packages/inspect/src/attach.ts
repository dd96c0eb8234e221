/// <reference types="node" preserve="true" />

export type { Question } from './agent/serve-client.ts'
export type { Sampled } from './agent/cpu-sampler.ts'
export type { Tapped } from './agent/event-tap.ts'
export type { Pulse } from './agent/pulse.ts'
export { refsPerCopy } from './agent/reading.ts'
export type {
  CopyRow,
  GroupRow,
  GroupWait,
  Hello,
  Reading,
  ResourceRow,
  Running,
  TaskRow,
  WaitRow,
} from './agent/reading.ts'
export type { AgentConnection } from './attach/agent-connection.ts'
export { AttachError } from './attach/attach-error.ts'
export type { AttachReason } from './attach/attach-error.ts'
export { attach } from './attach/attach-process.ts'
export type { Attached, AttachOptions } from './attach/attach-process.ts'
export type { WorkerReading } from './attach/worker-readings.ts'
export { detach } from './attach/detach.ts'
export { knotsOf } from './attach/knots-of.ts'
export { Redactor } from './attach/redacted.ts'
export { recordEvents, recordingFile } from './attach/record-events.ts'
export type { Recording } from './attach/record-events.ts'
