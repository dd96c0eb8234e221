import { Cancelled, isCancelled, MisuseError } from '../errors.ts'
import { budgetLeft, dequeue, interceptWaits, unlinkFromScope, wakeWithError } from '../lowlevel.ts'
import type { Line, Waiter } from '../lowlevel.ts'

/** After so many turns of the microtask queue what was ready has told so. */
const TURNS = 10
const turn = Promise.resolve()

/** One case of a `select`: its call, its wait, and the line that this one really stands in. */
export class SelectCase implements Line {
  readonly key: string | number
  /** What the call returned; set once it has. */
  declare result: Promise<unknown>
  waiter: Waiter<never> | undefined
  /** It neither began a wait of ours nor made a call of ours that was ready. */
  #foreign = false
  readonly #choose: (chosen: SelectCase) => void
  /** What its wait is for. */
  #line: Line | undefined
  #stands = false
  #stood = false
  #withdrawn = false

  constructor(key: string | number, choose: (chosen: SelectCase) => void) {
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
    const before = budgetLeft()
    this.#foreign = true
    try {
      this.result = interceptWaits(
        () => promised(call()),
        (waiter) => this.#intercept(waiter),
      )
    } catch (error) {
      this.result = Promise.reject(error)
      this.#foreign = false
      if (this.waiter !== undefined) dequeue(this.waiter)
    }
    this.result.then(undefined, ignore)
    if (this.waiter !== undefined || budgetLeft() !== before) this.#foreign = false
  }

  /**
   * Refuses a case that waits for something that cannot be watched: it would hold up all the others, and
   * could not be given up for one of them. One that has a result, or an error, is ready.
   */
  async requireWatchable(): Promise<void> {
    if (!this.#foreign) return
    const seen = { settled: false }
    const settle = (): void => void (seen.settled = true)
    this.result.then(settle, settle)
    for (let i = 0; i < TURNS && !seen.settled; i++) await turn
    if (!seen.settled) throw unwatchable(this.key)
  }

  /** Leaves the line, without a word to anybody. */
  withdraw(): void {
    if (!this.waits) return
    const waiter = this.waiter as Waiter<never>
    this.#withdrawn = true
    if (this.alone) dequeue(waiter)
    else this.remove(waiter)
  }

  /** Tells those who hold its promise, and serves those who stood behind it. */
  reject(): void {
    if (!this.#withdrawn) return
    this.#withdrawn = false
    const waiter = this.waiter as Waiter<never>
    if (this.waits) wakeWithError(waiter, notChosen)
    if (this.#stood) this.#line?.left?.(waiter)
  }

  /** Waits until it has ended; throws what it throws by itself. */
  async waitUntilEnded(): Promise<void> {
    try {
      await this.result
    } catch (error) {
      if (!isCancelled(error)) throw error
    }
  }

  // The line that its waiter knows:

  /** Joins the real one. From here on the select waits on its behalf: cancellations reach that, and no longer this. */
  add(): void {
    if (!this.waits) return
    const waiter = this.waiter as Waiter<never>
    if (this.alone) unlinkFromScope(waiter)
    this.#stands = true
    this.#stood = true
    this.#line?.add(waiter)
  }

  remove(waiter: Waiter<never>): void {
    if (this.#stands) this.#line?.remove(waiter)
    this.#stands = false
    if (waiter.state === 'granted') this.#choose(this)
  }

  /** Cancelled by a scope of its own, such as a timeout inside of the case: that decides, too. */
  left(waiter: Waiter<never>): void {
    if (this.#stood) this.#line?.left?.(waiter)
    this.#choose(this)
  }

  #intercept(waiter: Waiter<never>): void {
    if (this.waiter === undefined) {
      this.waiter = waiter
      this.#line = waiter.line
      waiter.line = this
      return
    }
    waiter.line = undefined
    waiter.promise?.then(undefined, ignore)
    for (const each of [this.waiter, waiter]) wakeWithError(each, () => tooMany(this.key))
  }
}

/** A task or a future is waited for by its `then`: called here, where its wait is noticed. */
function promised(result: unknown): Promise<unknown> {
  if (result instanceof Promise) return result
  return new Promise((resolve, reject) => {
    const thenable = result as PromiseLike<unknown> | undefined
    if (typeof thenable?.then === 'function') thenable.then(resolve, reject)
    else resolve(result)
  })
}

function notChosen(): Cancelled {
  return new Cancelled('another case of the select was taken')
}

function tooMany(key: string | number): MisuseError {
  return new MisuseError(
    `select: case ${key} waits for more than one thing; make it one call, such as () => queue.get()`,
  )
}

function unwatchable(key: string | number): MisuseError {
  return new MisuseError(
    `select: case ${key} begins with a wait that is not ours, which select cannot give up for another case; make it one call, such as () => queue.get() or () => cancellable(promise), or spawn a task and wait for that`,
  )
}

function ignore(): void {}
