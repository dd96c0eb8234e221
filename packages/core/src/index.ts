export { LifoQueue } from './channel/lifo-queue.ts'
export { openChannel } from './channel/open-channel.ts'
export type { ChannelOptions } from './channel/open-channel.ts'
export { PriorityQueue } from './channel/priority-queue.ts'
export type { PriorityQueueOptions } from './channel/priority-queue.ts'
export { Queue } from './channel/queue.ts'
export type { QueueCloseOptions, QueueOptions } from './channel/queue.ts'
export type { Receiver } from './channel/receiver.ts'
export type { Sender } from './channel/sender.ts'
export {
  BrokenError,
  BusyError,
  Cancelled,
  CircuitOpenError,
  ClosedError,
  CorralError,
  FullError,
  InternalError,
  isCancelled,
  LaggedError,
  MisuseError,
  TaskCancelledError,
  TimeoutError,
} from './errors.ts'
export { any } from './flow/any.ts'
export { asCompleted } from './flow/as-completed.ts'
export { exponential, fixed } from './flow/backoff.ts'
export type { ExponentialOptions } from './flow/backoff.ts'
export { batches } from './flow/batches.ts'
export { gather } from './flow/gather.ts'
export type { GatherOptions } from './flow/gather.ts'
export { gatherSettled } from './flow/gather-settled.ts'
export { Keyed } from './flow/keyed.ts'
export type { KeyedOptions } from './flow/keyed.ts'
export type { Lease } from './flow/lease.ts'
export { mapConcurrent } from './flow/map-concurrent.ts'
export type { MapConcurrentOptions } from './flow/map-concurrent.ts'
export { open } from './flow/open.ts'
export { race } from './flow/race.ts'
export { retry } from './flow/retry.ts'
export type { RetryOptions } from './flow/retry.ts'
export { RetryBudget } from './flow/retry-budget.ts'
export type { RetryBudgetOptions } from './flow/retry-budget.ts'
export { staggeredRace } from './flow/staggered-race.ts'
export type { StaggeredRaceOptions } from './flow/staggered-race.ts'
export { cancellable } from './scope/cancellable.ts'
export { CancelScope } from './scope/cancel-scope.ts'
export type { CancelScopeOptions } from './scope/cancel-scope.ts'
export { checkpoint, throwIfCancelled } from './scope/checkpoint.ts'
export { currentDeadline, currentTask } from './scope/current-task.ts'
export { Future } from './scope/future.ts'
export { moveOnAfter } from './scope/move-on-after.ts'
export { openGroup } from './scope/open-group.ts'
export { run } from './scope/run.ts'
export type { RunOptions } from './scope/run.ts'
export { shield } from './scope/shield.ts'
export { currentSignal } from './scope/signal.ts'
export { now, sleep, sleepUntil } from './scope/sleep.ts'
export { spawn } from './scope/spawn.ts'
export type { SpawnOptions } from './scope/spawn.ts'
export { supervisor } from './scope/supervisor.ts'
export type { SupervisorOptions } from './scope/supervisor.ts'
export { Task } from './scope/task.ts'
export { taskGroup } from './scope/task-group.ts'
export type { TaskGroup, TaskGroupOptions } from './scope/task-group.ts'
export { TaskLocal } from './scope/task-local.ts'
export { timeout, timeoutAt } from './scope/timeout.ts'
export { Event } from './sync/event.ts'
export { Lock } from './sync/lock.ts'
export { Semaphore } from './sync/semaphore.ts'
