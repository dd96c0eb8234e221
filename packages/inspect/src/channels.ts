/// <reference types="node" preserve="true" />

import { channel } from 'node:diagnostics_channel'
import { instrument, nameOf } from 'corral/lowlevel'
import type { TaskRecord, Waiter } from 'corral/lowlevel'

/** What is published of a task, on `corral:task.spawned`, `corral:task.started` and `corral:task.ended`. */
export interface TaskMessage {
  readonly id: number
  readonly name: string
  readonly status: TaskRecord['status']
  /** The id of the task around; undefined at the root, and of a task that has ended. */
  readonly parent: number | undefined
}

/** What is published of a wait, on `corral:wait.began` and `corral:wait.ended`. */
export interface WaitMessage {
  /** The task that waits; undefined at the root. */
  readonly task: number | undefined
  /** The call that waits, such as `Pool.acquire`. */
  readonly kind: string
  /** The name of what is waited for. */
  readonly resource: string | undefined
  /** How it ended. */
  readonly state: Waiter<never>['state']
}

const spawned = channel('corral:task.spawned')
const started = channel('corral:task.started')
const ended = channel('corral:task.ended')
const waitBegan = channel('corral:wait.began')
const waitEnded = channel('corral:wait.ended')

/**
 * Publishes what tasks do on channels of `node:diagnostics_channel`, until it is disposed: for tools that know those and not us.
 * A channel without subscribers costs one look for each event.
 *
 * @example
 * subscribe('corral:task.ended', (message) => count((message as TaskMessage).status))
 * using publishing = publishTasks()
 */
export function publishTasks(): Disposable {
  const stop = instrument({
    taskSpawned: (task) => publishTask(spawned, task),
    taskStarted: (task) => publishTask(started, task),
    taskEnded: (task) => publishTask(ended, task),
    waiting: (waiter) => publishWait(waitBegan, waiter),
    woken: (waiter) => publishWait(waitEnded, waiter),
  })
  return { [Symbol.dispose]: stop }
}

type Channel = ReturnType<typeof channel>

function publishTask(to: Channel, { id, name, status, scope }: TaskRecord): void {
  if (!to.hasSubscribers) return
  const message: TaskMessage = { id, name, status, parent: scope.parent?.task?.id }
  to.publish(message)
}

function publishWait(to: Channel, { scope, kind, resource, state }: Waiter<never>): void {
  if (!to.hasSubscribers) return
  const message: WaitMessage = {
    task: scope?.task?.id,
    kind,
    resource: resource && nameOf(resource),
    state,
  }
  to.publish(message)
}
