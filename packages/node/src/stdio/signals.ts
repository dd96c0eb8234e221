import { BusyError } from 'corral'
import { refuse, suspend, Waiter, WaitQueue, wake } from 'corral/lowlevel'
import { constants } from 'node:os'
import { EndsWithScope } from '../ends-with-scope.ts'

/**
 * The signals sent to this process, from the first step of the loop to its end. Meanwhile they have no other effect:
 * neither the system's default nor that of `run`. Pending signals of the same kind are merged, as the system does.
 *
 * Cancellation: throws `Cancelled`; signals have their usual effect again when the loop, or its scope, is left.
 *
 * @param names such as `SIGHUP`; not SIGKILL and SIGSTOP, which cannot be caught
 * @example
 * for await (const _hangUp of signals('SIGHUP')) await reload()
 * @see trio.open_signal_receiver, asyncio's add_signal_handler
 */
export function signals(
  ...names: readonly NodeJS.Signals[]
): AsyncIterableIterator<NodeJS.Signals> {
  if (names.length === 0) refuse('signals: names', 'at least one', names)
  for (const name of names) {
    if (Object.hasOwn(constants.signals, name) && name !== 'SIGKILL' && name !== 'SIGSTOP') continue
    refuse('signals: a name', 'that of a signal that can be heard, such as "SIGHUP"', name)
  }
  return new SignalIterator(names)
}

type Listener = () => void

/** The receivers of a signal, and the listeners it was taken from meanwhile. */
interface Taken {
  readonly members: Set<(name: NodeJS.Signals) => void>
  readonly others: readonly Listener[]
  readonly tell: Listener
}

const taken = new Map<NodeJS.Signals, Taken>()

class SignalIterator implements AsyncIterableIterator<NodeJS.Signals, void, void> {
  readonly #names: readonly NodeJS.Signals[]
  readonly #line = new WaitQueue()
  readonly #arrived = new Set<NodeJS.Signals>()
  readonly #end = new EndsWithScope(() => this.#stop())
  /** Signals alone do not keep a process alive. */
  #stay: NodeJS.Timeout | undefined
  #isOver = false

  constructor(names: readonly NodeJS.Signals[]) {
    this.#names = names
  }

  async next(): Promise<IteratorResult<NodeJS.Signals, void>> {
    if (this.#line.size > 0) throw new BusyError('signals: somebody waits for the next one already')
    if (!this.#isOver) this.#begin()
    for (;;) {
      for (const value of this.#arrived) {
        this.#arrived.delete(value)
        return { done: false, value }
      }
      if (this.#isOver) return { done: true, value: undefined }
      await suspend(new Waiter(`signals ${this.#names.join()}`, this, this.#line))
    }
  }

  async return(): Promise<IteratorResult<NodeJS.Signals, void>> {
    this.#end.release()
    this.#stop()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #begin(): void {
    if (this.#stay !== undefined) return
    this.#stay = setInterval(() => {}, 2 ** 30)
    this.#end.hold()
    for (const name of this.#names) take(name, this.#tell)
  }

  #stop(): void {
    this.#isOver = true
    if (this.#stay === undefined) return
    clearInterval(this.#stay)
    this.#stay = undefined
    for (const name of this.#names) giveBack(name, this.#tell)
  }

  readonly #tell = (name: NodeJS.Signals): void => {
    this.#arrived.add(name)
    for (const waiter of this.#line) wake(waiter, undefined)
  }
}

function take(name: NodeJS.Signals, member: (name: NodeJS.Signals) => void): void {
  const before = taken.get(name)
  if (before !== undefined) {
    before.members.add(member)
    return
  }
  const members = new Set([member])
  const others = process.listeners(name) as Listener[]
  const tell = (): void => members.forEach((one) => one(name))
  process.on(name, tell) // first ours: without any the signal would have its way
  for (const other of others) process.off(name, other)
  taken.set(name, { members, others, tell })
}

function giveBack(name: NodeJS.Signals, member: (name: NodeJS.Signals) => void): void {
  const state = taken.get(name)
  state?.members.delete(member)
  if (state === undefined || state.members.size > 0) return
  taken.delete(name)
  for (const other of state.others) process.on(name, other)
  process.off(name, state.tell)
}
