import { CancelScope, Event, MisuseError, shield, spawn, throwIfCancelled } from 'corral'
import type { Task } from 'corral'
import type { Transferable } from 'node:worker_threads'
import { suspend, systemRuntime, Waiter, WaitQueue, wake } from 'corral/lowlevel'
import { decodeError, errorClasses } from '../wire/decode-error.ts'
import { encodeError } from '../wire/encode-error.ts'
import type { WireError } from '../wire/encode-error.ts'
import type { Marks } from '../wire/marks.ts'
import { Said } from '../wire/messages.ts'
import type { Ended, FromThread, JobMessage, ReplyMessage } from '../wire/messages.ts'
import { notCopied } from './not-copied.ts'
import { transfersOf } from './transfer.ts'

/** What a job needs of its thread. */
export interface JobHost {
  readonly marks: Marks
  /** @throws DataCloneError */
  post(message: FromThread, transfer?: Transferable[]): void
  /** It is to end: tells it why. */
  hurry(): void
}

/**
 * One call in its thread. It runs as a task of corral: what it spawns ends with it, and every wait of
 * corral in it is cancelled with the caller's. A loop that waits for nothing looks at the marks.
 */
export class ThreadJob {
  readonly id: number
  readonly #name: string
  readonly #host: JobHost
  /** Milliseconds since the epoch. */
  readonly #deadline: number
  readonly #window: number
  readonly #room = new Event()
  readonly #asked = new Map<number, Asked>()
  #lastCall = 0
  #credit: number
  #task: Task<unknown> | undefined

  constructor([, id, name, , window = 0, left = Infinity]: JobMessage, host: JobHost) {
    this.id = id
    this.#name = name
    this.#host = host
    this.#deadline = left === Infinity ? Infinity : systemRuntime.clock.now() + left
    this.#window = window
    this.#credit = window
  }

  /** Looks whether it is to end, without a turn of the event loop. */
  look(): void {
    if (this.#host.marks.cancelled() === this.id) {
      this.#host.hurry()
      this.cancel(undefined)
    } else if (this.#deadline < Infinity && systemRuntime.clock.now() >= this.#deadline) {
      this.cancel('its deadline passed')
    }
  }

  cancel(reason: string | undefined): void {
    this.#host.marks.notice(this.id)
    this.#task?.cancel(reason)
  }

  /** The caller has taken some items. */
  more(count: number): void {
    this.#credit += count
    this.#room.set()
  }

  /**
   * Calls a function of the pool's host.
   *
   * Cancellation: cancels it there, and throws after it has ended.
   */
  async callHost(name: string, args: readonly unknown[]): Promise<unknown> {
    throwIfCancelled()
    const call = (this.#lastCall += 1)
    const asked: Asked = { line: new WaitQueue(), reply: undefined }
    try {
      this.#host.post([Said.CALL, this.id, call, name, args])
    } catch (error) {
      throw notCopied('an argument', name, error)
    }
    this.#asked.set(call, asked)
    try {
      while (asked.reply === undefined) await suspend(new Waiter(`host.${name}`, this, asked.line))
    } catch (error) {
      this.#host.post([Said.UNCALL, this.id, call])
      while (asked.reply === undefined) {
        await suspend(new Waiter(`host.${name}`, this, asked.line, undefined, true))
      }
      throw error
    }
    const [, , , failed, value] = asked.reply
    if (failed !== undefined) throw decodeError(failed, known)
    return value
  }

  replied(reply: ReplyMessage): void {
    const asked = this.#asked.get(reply[2])
    if (asked === undefined) return
    this.#asked.delete(reply[2])
    asked.reply = reply
    for (const waiter of asked.line) wake(waiter, undefined)
  }

  get [Symbol.toStringTag](): string {
    return this.#name
  }

  /** Does the work: `call` calls the function, and all of it is done by `inside`. Never throws. */
  async perform(call: () => unknown, inside?: (work: () => unknown) => unknown): Promise<Ended> {
    const { id } = this
    const work = (): unknown => this.#finish(call())
    const body = inside === undefined ? work : (): unknown => inside(work)
    const task = spawn(this.#deadline === Infinity ? body : () => this.#inTime(body), {
      name: this.#name,
    })
    this.#task = task
    const settled = await task.settled()
    if (settled.status === 'fulfilled') return [Said.VALUE, id, settled.value]
    const { reason } = settled
    if (task.status === 'cancelled') return [Said.CANCELLED, id, reasonOf(reason)]
    return [Said.ERROR, id, withoutOurs(encodeError(reason))]
  }

  /** With the caller's deadline around it; when that passes it ends as cancelled. */
  async #inTime(body: () => unknown): Promise<unknown> {
    const scope = new CancelScope({ deadline: this.#deadline })
    const value = await scope.run(body)
    if (scope.cancelledCaught) {
      this.cancel('its deadline passed')
      throwIfCancelled()
    }
    return value
  }

  /** What comes of what the function returned. A plain value need not wait for a turn. */
  #finish(result: unknown): unknown {
    if (isIterator(result)) return this.#drain(result)
    if (result instanceof Promise) return result.then((value) => this.#finish(value))
    if (this.#window === 0) return result
    throw new MisuseError(
      `WorkerPool.iterate: name must be that of a generator function, got ${this.#name}; use run`,
    )
  }

  async #drain(iterator: AnyIterator): Promise<unknown> {
    let open = true
    try {
      for (;;) {
        this.look()
        throwIfCancelled()
        open = false // one that throws has ended
        const step = await iterator.next()
        if (step.done === true) return step.value
        open = true
        if (this.#window > 0) await this.#send(step.value)
      }
    } finally {
      if (open) await shield(() => iterator.return?.())
    }
  }

  async #send(value: unknown): Promise<void> {
    try {
      this.#host.post([Said.ITEM, this.id, value], transfersOf(value))
    } catch (error) {
      throw notCopied('an item', this.#name, error)
    }
    this.#credit -= 1
    while (this.#credit <= 0) {
      this.#room.clear()
      await this.#room.wait()
    }
  }
}

/** A call of the pool's host under way. */
interface Asked {
  readonly line: WaitQueue
  reply: ReplyMessage | undefined
}

const known = errorClasses([])

type AnyIterator = Iterator<unknown, unknown> | AsyncIterator<unknown, unknown>

function isIterator(value: unknown): value is AnyIterator {
  if (typeof value !== 'object' || value === null || !('next' in value)) return false
  return (
    (Symbol.asyncIterator in value || Symbol.iterator in value) && typeof value.next === 'function'
  )
}

function reasonOf(error: unknown): string | undefined {
  const reason = (error as { reason?: unknown }).reason
  if (reason === undefined) return undefined
  return reason instanceof Error ? reason.message : String(reason)
}

const ours = new URL('.', import.meta.url).href

/** Its stack ends where the function was called. */
function withoutOurs(error: WireError): WireError {
  if (error.kind === 'value' || error.stack === undefined) return error
  const lines = error.stack.split('\n')
  const end = lines.findIndex((line) => line.includes(ours))
  return end < 0 ? error : { ...error, stack: lines.slice(0, end).join('\n') }
}
