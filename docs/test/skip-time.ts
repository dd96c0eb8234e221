/**
 * `node --import` this: time stands still while there is something to do, and jumps to the next timer when there is not.
 * Programs that wait for nothing but timers then print the same on any machine, however busy it is.
 */
import { syncBuiltinESMExports } from 'node:module'
import timersPromises from 'node:timers/promises'

interface Timer {
  at: number
  readonly delay: number
  readonly fn: (...args: unknown[]) => void
  readonly args: readonly unknown[]
  /** Keeps the process alive. */
  keeps: boolean
}

/** Turns of the event loop without a timer after which all that could go on has gone on. */
const TURNS = 3

const { setImmediate } = globalThis
let time = performance.now()
/** By time, first come first served among equals. */
const timers: Timer[] = []
let pumping = false

class Handle {
  readonly #timer: Timer

  constructor(timer: Timer) {
    this.#timer = timer
    enqueue(timer)
  }

  ref(): this {
    this.#timer.keeps = true
    pump()
    return this
  }

  unref(): this {
    this.#timer.keeps = false
    return this
  }

  hasRef(): boolean {
    return this.#timer.keeps
  }

  refresh(): this {
    this.close()
    this.#timer.at = time + this.#timer.delay
    enqueue(this.#timer)
    return this
  }

  close(): void {
    const index = timers.indexOf(this.#timer)
    if (index !== -1) timers.splice(index, 1)
  }
}

function enqueue(timer: Timer): void {
  const index = timers.findIndex((other) => other.at > timer.at)
  timers.splice(index === -1 ? timers.length : index, 0, timer)
  pump()
}

/** Goes on as long as a timer keeps the process alive. */
function pump(turns: number = TURNS): void {
  if (pumping || !timers.some((timer) => timer.keeps)) return
  pumping = true
  setImmediate(() => {
    pumping = false
    if (turns > 0) return pump(turns - 1)
    const timer = timers.shift()
    if (timer !== undefined) {
      time = Math.max(time, timer.at)
      timer.fn(...timer.args)
    }
    pump()
  })
}

function skippingTimeout(fn: Timer['fn'], delay = 0, ...args: unknown[]): Handle {
  const ms = Math.max(1, delay)
  return new Handle({ at: time + ms, delay: ms, fn, args, keeps: true })
}

async function skippingSleep<T>(ms?: number, value?: T, options: Options = {}): Promise<T> {
  const { signal } = options
  signal?.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const handle = skippingTimeout(() => resolve(), ms)
  const onAbort = (): void => {
    handle.close()
    reject(new DOMException('The operation was aborted', 'AbortError'))
  }
  signal?.addEventListener('abort', onAbort, { once: true })
  await promise
  signal?.removeEventListener('abort', onAbort)
  return value as T
}

interface Options {
  readonly signal?: AbortSignal | undefined
}

performance.now = () => time
Object.assign(globalThis, {
  setTimeout: skippingTimeout,
  clearTimeout: (handle?: Handle) => handle?.close(),
})
Object.assign(timersPromises, { setTimeout: skippingSleep })
syncBuiltinESMExports()
