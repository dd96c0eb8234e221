import { Cancelled, isCancelled, MisuseError } from '../errors.ts'
import { disown, divert, wakeWithError, withdraw } from '../lowlevel.ts'
import type { Line, Waiter } from '../lowlevel.ts'

/** One case of a `select`: its call, its wait, and the line that this one really stands in. */
export class Alternative implements Line {
  readonly key: string | number
  result: unknown
  waiter: Waiter<never> | undefined
  readonly #choose: (chosen: Alternative) => void
  #line: Line | undefined
  #stands = false
  #stood = false
  #given = false
  #refused = false

  constructor(key: string | number, choose: (chosen: Alternative) => void) {
    this.key = key
    this.#choose = choose
  }

  get waits(): boolean {
    return this.waiter?.state === 'waiting'
  }

  /** Nobody but us holds the promise of the wait: it can be dropped without a word. */
  get alone(): boolean {
    return this.waiter === undefined || this.waiter.promise === this.result
  }

  /** Makes the call. Its wait, if it begins one, joins no line yet. */
  begin(call: () => unknown): void {
    try {
      this.result = divert(
        () => unwrapped(call()),
        (waiter) => this.#divert(waiter),
      )
    } catch (error) {
      this.result = Promise.reject(error)
      if (this.waiter !== undefined) withdraw(this.waiter)
    }
    if (this.#refused) wakeWithError(this.waiter as Waiter<never>, () => this.#tooMany())
    if (this.result instanceof Promise) this.result.then(undefined, ignore)
  }

  /** The select waits for it: cancellations reach that, and no longer this. */
  entrust(): void {
    if (this.alone && this.waiter !== undefined) disown(this.waiter)
  }

  /** Joins the line of what it waits for. */
  join(): void {
    if (!this.waits) return
    this.#stands = true
    this.#stood = true
    this.#line?.add(this.waiter as Waiter<never>)
  }

  /** Leaves the line, without a word to anybody. */
  withdraw(): void {
    if (!this.waits) return
    const waiter = this.waiter as Waiter<never>
    this.#given = true
    if (this.alone) withdraw(waiter)
    else this.#leave(waiter)
  }

  /** Tells those who hold its promise, and serves those who stood behind it. */
  giveUp(): void {
    if (!this.#given) return
    this.#given = false
    const waiter = this.waiter as Waiter<never>
    if (this.waits) wakeWithError(waiter, notChosen)
    if (this.#stood) this.#line?.left?.(waiter)
  }

  /** Waits until it has ended; throws what it throws by itself. */
  async ended(): Promise<void> {
    try {
      await this.result
    } catch (error) {
      if (!isCancelled(error)) throw error
    }
  }

  // The line that its waiter knows:

  add(): void {
    this.join()
  }

  remove(waiter: Waiter<never>): void {
    this.#leave(waiter)
    if (waiter.state === 'granted') this.#choose(this)
  }

  /** Cancelled by a scope of its own, such as a timeout inside of the case: that decides, too. */
  left(waiter: Waiter<never>): void {
    if (this.#stood) this.#line?.left?.(waiter)
    this.#choose(this)
  }

  #leave(waiter: Waiter<never>): void {
    if (!this.#stands) return
    this.#stands = false
    this.#line?.remove(waiter)
  }

  #divert(waiter: Waiter<never>): void {
    if (this.waiter === undefined) {
      this.waiter = waiter
      this.#line = waiter.line
      waiter.line = this
    } else {
      this.#refused = true
      waiter.line = undefined
      waiter.promise?.then(undefined, ignore)
      wakeWithError(waiter, () => this.#tooMany())
    }
  }

  #tooMany(): MisuseError {
    return new MisuseError(
      `select: case ${this.key} waits for more than one thing; make it one call, such as () => queue.get()`,
    )
  }
}

/** A task or a future is waited for by its `then`: called here, where its wait is noticed. */
function unwrapped(result: unknown): unknown {
  if (result instanceof Promise) return result
  if (typeof (result as PromiseLike<unknown> | undefined)?.then !== 'function') return result
  return new Promise((resolve, reject) => {
    ;(result as PromiseLike<unknown>).then(resolve, reject)
  })
}

function notChosen(): Cancelled {
  return new Cancelled('another case of the select was taken')
}

function ignore(): void {}
