import { currentScope } from '../../kernel/current.ts'
import type { ClockEntry } from '../../kernel/clock.ts'
import { captureContext } from '../../kernel/platform.ts'
import { Waiter } from '../../kernel/records.ts'
import type { Driver } from './driver.ts'

const LONGEST = 2 ** 31 - 1

type Callback = (...args: never[]) => unknown

export interface TimerOptions {
  /** As in reports. */
  readonly kind: 'setTimeout' | 'setInterval' | 'setImmediate' | 'AbortSignal.timeout'
  readonly repeat?: boolean
  /** Whether it keeps a process alive, and so must not be left over. */
  readonly ref?: boolean
}

const byId = new Map<number, VirtualTimer>()
let lastId = 0

/**
 * A timer of the platform in virtual time: what `setTimeout` returns inside a run. When it rings is a
 * wake-up like any other, which may come late.
 */
export class VirtualTimer implements ClockEntry {
  slot = -1
  order = 0
  at: number
  readonly kind: string
  /** The wake-up that a schedule holds back: of the task that set the timer. */
  waiter: Waiter
  readonly #driver: Driver
  readonly #delay: number
  readonly #repeat: boolean
  readonly #context = captureContext()
  readonly #callback: () => unknown
  readonly #scope = currentScope()
  #ref: boolean
  #id: number | undefined

  constructor(driver: Driver, callback: () => unknown, delay: number, options: TimerOptions) {
    const { kind, repeat = false, ref = true } = options
    this.#driver = driver
    this.#callback = callback
    this.#delay = kind === 'setImmediate' ? 0 : inRange(delay)
    this.kind = kind
    this.#repeat = repeat
    this.#ref = ref
    this.at = driver.clock.now() + this.#delay
    this.waiter = this.#newWaiter()
    driver.clock.add(this)
  }

  /** Whether it is left over when the program has ended: it would keep the process alive. */
  get pending(): boolean {
    return this.#ref && this.waiter.state === 'waiting'
  }

  expire(): void {
    const { waiter } = this
    if (waiter.state !== 'waiting') return
    waiter.state = 'granted'
    this.#driver.hold(waiter, () => this.#run())
  }

  #run(): void {
    if (this.#repeat) {
      this.at = this.#driver.clock.now() + this.#delay
      this.waiter = this.#newWaiter()
      this.#driver.clock.add(this)
    } else {
      this.#forget()
    }
    try {
      this.#context(this.#callback)
    } catch (error) {
      this.#driver.outcome.failWith(
        error instanceof Error ? error : new Error(`thrown: ${String(error)}`, { cause: error }),
      )
    }
  }

  close(): this {
    this.#driver.clock.remove(this)
    this.waiter.state = 'cancelled'
    this.#forget()
    return this
  }

  refresh(): this {
    this.#driver.clock.remove(this)
    this.at = this.#driver.clock.now() + this.#delay
    this.waiter = this.#newWaiter()
    this.#driver.clock.add(this)
    return this
  }

  ref(): this {
    this.#ref = true
    return this
  }

  unref(): this {
    this.#ref = false
    return this
  }

  hasRef(): boolean {
    return this.#ref
  }

  [Symbol.toPrimitive](): number {
    if (this.#id === undefined) {
      this.#id = 1_000_000_000 + ++lastId
      byId.set(this.#id, this)
    }
    return this.#id
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #forget(): void {
    if (this.#id !== undefined) byId.delete(this.#id)
  }

  #newWaiter(): Waiter {
    const waiter = new Waiter(this.kind, this)
    waiter.scope = this.#scope
    waiter.since = this.#driver.clock.now()
    waiter.state = 'waiting'
    this.#driver.places?.note(waiter)
    return waiter
  }
}

/** What the platform's `clearTimeout` may be handed: false for what is none of ours. */
export function clearVirtual(timer: unknown): boolean {
  const id = typeof timer === 'string' ? Number(timer) : timer
  const found = typeof id === 'number' ? byId.get(id) : id
  if (!(found instanceof VirtualTimer)) return false
  found.close()
  return true
}

function inRange(delay: unknown): number {
  const ms = Math.trunc(Number(delay))
  return ms >= 1 && ms <= LONGEST ? ms : 1
}

/** The callback with its arguments, as `setTimeout` takes them. */
export function calling(api: string, callback: unknown, args: readonly unknown[]): () => unknown {
  if (typeof callback !== 'function') {
    const error = new TypeError(`${api}: the "callback" argument must be of type function`)
    throw Object.assign(error, { code: 'ERR_INVALID_ARG_TYPE' })
  }
  return () => (callback as Callback)(...(args as never[]))
}
