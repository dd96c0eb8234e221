import { Exchange } from '../channel/exchange.ts'
import type { ItemBuffer } from '../channel/exchange.ts'
import { suspend, Waiter, wake } from '../lowlevel.ts'
import type { ScopeNode, WaitQueue } from '../lowlevel.ts'
import { Crew } from './crew.ts'
import type { Cursor, End } from './cursor.ts'

/** A stage whose items come from tasks of its own: they emit, the consumer takes, `capacity` lie between. */
export class Relay<T> implements Cursor<T> {
  readonly #kind: string
  readonly #exchange: Exchange<T>
  readonly #crew: Crew<T>
  #closed = false

  /** @param begin spawns the tasks; when the last has ended, so has the stage */
  constructor(
    kind: string,
    scope: ScopeNode,
    capacity: number,
    begin: (relay: Relay<T>) => void,
    buffer?: ItemBuffer<T>,
  ) {
    this.#kind = kind
    this.#exchange = new Exchange<T>(capacity, buffer)
    const takers = this.#exchange.takers as WaitQueue<never> as unknown as WaitQueue<T | End>
    this.#crew = new Crew<T>(kind, scope, takers, () => this.#keep())
    begin(this)
  }

  spawn(body: (scope: ScopeNode) => Promise<void>): void {
    this.#crew.spawn(body)
  }

  /** Hands an item on, and waits for room first if there is none. */
  emit(item: T, scope: ScopeNode): Promise<void> | void {
    if (this.#exchange.give(item)) return
    return suspend(new Waiter(this.#kind, this, this.#exchange.givers, item), scope)
  }

  /** Ends the stage; what was emitted is still taken. */
  stop(): void {
    this.#keep()
    this.#crew.stop()
  }

  /** There is an item to take at once. */
  get stocked(): boolean {
    return this.#exchange.stocked && !this.#closed
  }

  next(): T | End | Promise<T | End> {
    if (this.stocked) return this.#exchange.take()
    return this.#crew.wait(this)
  }

  close(): Promise<void> | void {
    this.#closed = true
    return this.#crew.close()
  }

  #keep(): void {
    const { buffer, givers } = this.#exchange
    for (let giver = givers.first; giver !== undefined; giver = givers.first) {
      buffer.push(giver.data as T)
      wake(giver, undefined)
    }
  }
}
