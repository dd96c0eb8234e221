// What the primitives themselves are built on: sync/, channel/, flow/ and stream/ use only this.
export { currentScope, isUncancelled } from './kernel/current.ts'
export { unlinkFromScope, interceptWaits, dequeue } from './kernel/divert.ts'
export {
  describe,
  refuse,
  refused,
  requireCount,
  requireDuration,
  requireFunction,
  requireLimit,
  requireMoment,
  requireOptions,
} from './kernel/guard.ts'
export { Heap } from './kernel/heap.ts'
export type { Slotted } from './kernel/heap.ts'
export { track, untrack } from './kernel/holdings.ts'
export { instrument, report, isObserved } from './kernel/hooks.ts'
export type { Hooks } from './kernel/hooks.ts'
export { probe } from './scope/probe.ts'
export { Waiter } from './kernel/records.ts'
export type {
  ScopeResource,
  Line,
  Runtime,
  ScopeNode,
  TaskRecord,
  TaskStatus,
  WaiterState,
} from './kernel/records.ts'
export { RingBuffer } from './kernel/ring-buffer.ts'
export { systemRuntime } from './kernel/runtime.ts'
export { owners, tellOwners } from './kernel/owners.ts'
export type { Owned } from './kernel/owners.ts'
export { snapshot } from './kernel/snapshot.ts'
export type { TaskView, WaitView } from './kernel/snapshot.ts'
export { yieldIfDue, ready, suspend, wake, wakeWithError } from './kernel/suspend.ts'
export { waitReport } from './kernel/wait-report.ts'
export { WaitQueue } from './kernel/wait-queue.ts'
