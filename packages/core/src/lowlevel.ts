import './kernel/requirements.ts'
// What the primitives themselves are built on: sync/, channel/, flow/ and stream/ use only this.
export { budgetLeft } from './kernel/settle.ts'
export { currentScope, isUncancelled } from './kernel/current.ts'
export { interceptWaits, dequeue } from './kernel/intercept.ts'
export { unlinkFromScope } from './kernel/wait-queue.ts'
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
  requireWord,
} from './kernel/guard.ts'
export { Heap } from './kernel/heap.ts'
export type { Slotted } from './kernel/heap.ts'
export { track, untrack } from './kernel/scope-tree.ts'
export { instrument, report, isObserved } from './kernel/hooks.ts'
export type { Hooks } from './kernel/hooks.ts'
export { probe } from './scope/task.ts'
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
export { systemRuntime } from './kernel/current.ts'
export { owners, tellOwners } from './diagnostics/owners.ts'
export type { Owned } from './diagnostics/owners.ts'
export { nameOf, nameResource, stats, statsOf, tellStats } from './diagnostics/stats.ts'
export type { Measured, ResourceOptions, ResourceStats } from './diagnostics/stats.ts'
export { snapshot } from './diagnostics/snapshot.ts'
export type { TaskView, WaitView } from './diagnostics/snapshot.ts'
export {
  failAll,
  ready,
  suspend,
  wake,
  wakeAll,
  wakeWithError,
  yieldIfDue,
} from './kernel/suspend.ts'
export { waitKnots } from './diagnostics/knots.ts'
export type { Knot } from './diagnostics/knots.ts'
export { waitCycle, waitReport } from './diagnostics/wait-report.ts'
export type { WaitLink } from './diagnostics/wait-report.ts'
export { WaitQueue } from './kernel/wait-queue.ts'
export { Timer } from './kernel/timer.ts'
export { bodyOf } from './scope/cancel-scope.ts'
export type { Body } from './scope/cancel-scope.ts'
export { isCancellation } from './scope/foreign-cancellation.ts'
export { failing, handled } from './scope/handled.ts'
export type { Call } from './scope/handled.ts'
export { AutoClose, holdersAround, HomeContext, setTaskShield } from './scope/home.ts'
export type { BackgroundOptions } from './scope/home.ts'
export { Nursery, nurseryOf } from './scope/nursery.ts'
export { currentProgram } from './scope/program.ts'
export type { Program } from './scope/program.ts'
export { openScope, scoped, valueOf } from './scope/scoped.ts'
export { spawnInto } from './scope/spawn.ts'
export { suppress } from './scope/suppressed.ts'
export type { TaskNode } from './scope/task-node.ts'
