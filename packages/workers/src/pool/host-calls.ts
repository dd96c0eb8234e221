import { isCancelled, MisuseError, TaskCancelledError } from 'corral'
import type { Task } from 'corral'
import { describe, HomeContext, suspend, Waiter, WaitQueue, wake } from 'corral/lowlevel'
import type { TaskNode } from 'corral/lowlevel'
import { notCopied } from '../thread/not-copied.ts'
import { encodeError } from '../wire/encode-error.ts'
import { Told } from '../wire/messages.ts'
import type { CallMessage } from '../wire/messages.ts'
import type { Carrier } from './carrier.ts'
import type { PoolHost } from './options.ts'

/**
 * What one call of a pool asks of the pool's side meanwhile. The functions run as tasks where the call was made: they
 * are cancelled with it, and it does not settle before they have ended.
 */
export class HostCalls {
  readonly #host: PoolHost
  readonly #home = new HomeContext()
  readonly #tasks = new Map<number, Task<unknown>>()
  readonly #line = new WaitQueue()

  constructor(host: PoolHost) {
    this.#host = host
  }

  begin([, job, call, name, args]: CallMessage, carrier: Carrier): void {
    const fn = Object.hasOwn(this.#host, name) ? this.#host[name] : undefined
    const reply = (failed: unknown, value?: unknown): void => {
      const error = failed === undefined ? undefined : encodeError(failed)
      try {
        carrier.post([Told.REPLY, job, call, error, value])
      } catch (error) {
        carrier.post([Told.REPLY, job, call, encodeError(notCopied('the answer', name, error))])
      }
    }
    if (fn === undefined) {
      const names = Object.keys(this.#host).join(', ')
      reply(new MisuseError(`hostOf: name must be one of ${names}, got ${describe(name)}`))
      return
    }
    const work = (): unknown => Reflect.apply(fn, this.#host, args)
    const task = this.#home.spawn(`host.${name}`, work, (node) => {
      this.#tasks.delete(call)
      if (node.state === 'fulfilled') reply(undefined, node.value)
      else reply(failureOf(node))
      if (this.#tasks.size === 0) for (const waiter of this.#line) wake(waiter, undefined)
    })
    this.#tasks.set(call, task)
  }

  cancel(call: number): void {
    this.#tasks.get(call)?.cancel('the function no longer waits for it')
  }

  /** Cancels those under way, and waits for them, come what may. */
  async end(): Promise<void> {
    for (const task of this.#tasks.values()) task.cancel('the call is over')
    while (this.#tasks.size > 0) {
      await suspend(new Waiter('HostCalls.end', this, this.#line, undefined, true))
    }
  }

  get [Symbol.toStringTag](): string {
    return `host ${Object.keys(this.#host).join(', ')}`
  }
}

/** A cancellation of the task here is none of whoever waits in the thread. */
function failureOf(node: TaskNode): unknown {
  const failure = node.failure()
  return isCancelled(failure) ? new TaskCancelledError(node.name, failure.reason) : failure
}
