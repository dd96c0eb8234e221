import { BrokenError, ClosedError } from '../../errors.ts'
import { currentScope, isUncancelled } from '../../kernel/current.ts'
import { refused } from '../../kernel/guard.ts'
import { Waiter } from '../../kernel/records.ts'
import { ready, suspend } from '../../kernel/suspend.ts'
import { now } from '../../scope/sleep.ts'
import { driverOf } from '../run/current-driver.ts'
import type { Driver } from '../run/driver.ts'
import { Failpoint } from './failpoint.ts'
import type { Fault } from './fault.ts'
import type { Wire } from './wire.ts'

/** One end of a `Link`. */
export class LinkEnd<T> implements AsyncDisposable {
  readonly #out: Wire<T>
  readonly #in: Wire<T>
  #closed = false
  #deadUntil = -Infinity
  #peer: LinkEnd<T> | undefined

  /** Made by `Link`, not by hand. */
  constructor(out: Wire<T>, incoming: Wire<T>) {
    this.#out = out
    this.#in = incoming
  }

  /** Called by `Link`. */
  connect(peer: LinkEnd<T>): void {
    this.#peer = peer
  }

  /**
   * Sends a chunk; it does not wait until it arrives. Under `explore` what may go wrong with it is tried.
   *
   * Cancellation: throws `Cancelled` and sends nothing.
   *
   * @throws ClosedError when this end is closed
   * @throws BrokenError when the link is broken, or this end has crashed
   */
  write(chunk: T): Promise<void> {
    if (!isUncancelled()) return suspend(new Waiter('LinkEnd.write', this))
    if (this.#closed || this.#isDead) return refused(() => this.#requireOpen('write'))
    const { faults } = this.#out
    const driver = faults.length === 0 ? undefined : driverOf(currentScope().runtime)
    if (driver?.isScheduled === true) return this.#writeOrFail(chunk, faults, driver)
    return refusedOr(
      () => this.#out.send(chunk),
      () => ready('LinkEnd.write', this, undefined),
    )
  }

  /** What goes wrong is the schedule's choice. */
  async #writeOrFail(
    chunk: T,
    faults: readonly Fault['kind'][],
    { faults: injector }: Driver,
  ): Promise<void> {
    const point = new Failpoint('LinkEnd.write', faults)
    await ready('LinkEnd.write', point, undefined)
    const fault = injector?.at(point) ?? 'none'
    if (fault === 'k') this.#peer?.crash(now() + this.#out.deadFor)
    this.#out.send(chunk, fault)
  }

  /**
   * Waits for the next chunk; undefined when the other end is closed.
   *
   * Cancellation: takes no chunk, or was given one and keeps it.
   *
   * @throws ClosedError when this end is closed
   * @throws BrokenError when the link is broken, or this end has crashed
   */
  read(): Promise<T | undefined> {
    if (this.#closed || this.#isDead) return refused(() => this.#requireOpen('read'))
    return suspend(new Waiter<T | undefined>('LinkEnd.read', this, this.#in))
  }

  /** The other end reads what is under way, and then the end. Twice is once. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#in.abandon(() => closed('read'))
    this.#out.end()
    await ready('LinkEnd.close', this, undefined)
  }

  /** Called by `Link`: the process at this end dies, and is there again at that moment; -Infinity is now. */
  crash(until: number): void {
    this.#deadUntil = until
    this.#in.loseReader(until, crashed)
  }

  get #isDead(): boolean {
    return this.#deadUntil !== -Infinity && this.#deadUntil > now()
  }

  /** The chunks until the other end is closed. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (let chunk = await this.read(); chunk !== undefined; chunk = await this.read()) yield chunk
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #requireOpen(method: string): void {
    if (this.#isDead) throw crashed()
    if (this.#closed) throw closed(method)
  }
}

function crashed(): BrokenError {
  return new BrokenError('LinkEnd: the process at this end has crashed; restart it first')
}

function closed(method: string): ClosedError {
  return new ClosedError(`LinkEnd.${method}: this end is closed; make a new Link`)
}

/** `act`, and then what `then` gives; what `act` throws is the rejection. */
function refusedOr<T>(act: () => void, then: () => Promise<T>): Promise<T> {
  try {
    act()
  } catch (error) {
    return Promise.reject(error)
  }
  return then()
}
