import { livingScope } from '../../kernel/current.ts'
import { driverOf } from './current-driver.ts'
import type { Driver } from './driver.ts'
import { after, every } from './virtual-promises.ts'
import { calling, clearVirtual, VirtualTimer } from './virtual-timers.ts'

type Loose = Record<string | symbol, unknown>
type Fn = (...args: never[]) => unknown

interface Host {
  process?: { getBuiltinModule?: (id: string) => Loose | undefined }
}

let installed = false

/**
 * From the first test run on `Date`, `performance.now`, the timers and `AbortSignal.timeout` look who
 * calls: inside a run they are those of its virtual time, and everywhere else what they were.
 */
export function installVirtualPlatform(): void {
  if (installed) return
  installed = true
  const timers = builtin('node:timers')
  const promises = builtin('node:timers/promises')
  const real = globalThis as unknown as Loose

  const promised = promisedTimers(promises)
  if (promises !== undefined) {
    Object.assign(promises, promised)
    const scheduler = promises['scheduler'] as Loose | undefined
    if (scheduler !== undefined) replaceScheduler(scheduler)
  }
  for (const name of ['setTimeout', 'setInterval', 'setImmediate'] as const) {
    const original = real[name]
    if (typeof original !== 'function') continue
    const replacement = timerFunction(name, original as Fn)
    const custom = Symbol.for('nodejs.util.promisify.custom')
    const promise = promised[name]
    if (custom in original && promise !== undefined) {
      Object.defineProperty(replacement, custom, { enumerable: true, get: () => promise })
    }
    replace(name, replacement, timers)
  }
  for (const name of ['clearTimeout', 'clearInterval', 'clearImmediate'] as const) {
    const original = real[name]
    if (typeof original !== 'function') continue
    const clear = (timer: unknown): void => {
      if (!clearVirtual(timer)) (original as (timer: unknown) => void)(timer)
    }
    replace(name, named(name, clear), timers)
  }
  ;(builtin('node:module')?.['syncBuiltinESMExports'] as (() => void) | undefined)?.()
  replaceDate()
  replacePerformance()
  replaceAbortTimeout()
}

function builtin(id: string): Loose | undefined {
  return (globalThis as Host).process?.getBuiltinModule?.(id)
}

/** The run whose program is calling, unless it wants the machine's time. */
function current(): Driver | undefined {
  const scope = livingScope()
  const driver = scope && driverOf(scope.runtime)
  return driver?.virtualPlatform === true ? driver : undefined
}

function timerFunction(name: 'setTimeout' | 'setInterval' | 'setImmediate', original: Fn): Fn {
  return named(name, (callback: never, ...args: never[]) => {
    const driver = current()
    if (driver === undefined) return original(callback, ...args)
    const [delay, ...rest] = name === 'setImmediate' ? [0 as never, ...args] : args
    const options = { kind: name, repeat: name === 'setInterval' }
    return new VirtualTimer(driver, calling(name, callback, rest), Number(delay), options)
  })
}

function promisedTimers(real: Loose | undefined): Record<string, Fn> {
  if (real === undefined) return {}
  const original = { ...real } as Record<string, Fn>
  return {
    setTimeout: named('setTimeout', (delay: never, value: never, options: never) => {
      const driver = current()
      return driver === undefined
        ? original['setTimeout']?.(delay, value, options)
        : after(driver, 'setTimeout', delay, value, options)
    }),
    setImmediate: named('setImmediate', (value: never, options: never) => {
      const driver = current()
      return driver === undefined
        ? original['setImmediate']?.(value, options)
        : after(driver, 'setImmediate', 0, value, options)
    }),
    setInterval: named('setInterval', (delay: never, value: never, options: never) => {
      const driver = current()
      return driver === undefined
        ? original['setInterval']?.(delay, value, options)
        : every(driver, delay, value, options)
    }),
  }
}

function replaceScheduler(scheduler: Loose): void {
  const prototype = Object.getPrototypeOf(scheduler) as Loose
  const { wait, yield: give } = prototype as Record<string, Fn>
  if (wait === undefined || give === undefined) return
  prototype['wait'] = function (this: unknown, delay: never, options: never): unknown {
    const driver = current()
    if (driver === undefined) return wait.call(this, delay, options)
    return after(driver, 'setTimeout', delay, undefined, options)
  }
  prototype['yield'] = function (this: unknown): unknown {
    const driver = current()
    if (driver === undefined) return give.call(this)
    return after(driver, 'setImmediate', 0, undefined)
  }
}

function replaceDate(): void {
  const RealDate = globalThis.Date
  const now = (): number => {
    const driver = current()
    return driver === undefined ? RealDate.now() : Math.floor(driver.clock.now())
  }
  const VirtualDate = new Proxy(RealDate, {
    construct: (target, args: unknown[], newTarget: never) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as object,
    apply: () => new RealDate(now()).toString(),
    get: (target, property, receiver) =>
      property === 'now' ? now : (Reflect.get(target, property, receiver) as unknown),
  })
  RealDate.prototype.constructor = VirtualDate
  replace('Date', VirtualDate)
}

function replacePerformance(): void {
  const { performance } = globalThis
  const original = performance.now.bind(performance)
  const now = named('now', () => {
    const driver = current()
    return driver === undefined ? original() : driver.clock.now() - driver.startTime
  })
  Object.defineProperty(performance, 'now', { configurable: true, writable: true, value: now })
}

function replaceAbortTimeout(): void {
  const original = AbortSignal.timeout.bind(AbortSignal)
  const timeout = named('timeout', (ms: number) => {
    const driver = current()
    if (driver === undefined) return original(ms)
    const controller = new AbortController()
    const abort = (): void =>
      controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'))
    void new VirtualTimer(driver, abort, ms, { kind: 'AbortSignal.timeout', ref: false })
    return controller.signal
  })
  Object.defineProperty(AbortSignal, 'timeout', {
    configurable: true,
    enumerable: true,
    writable: true,
    value: timeout,
  })
}

function replace(name: string, value: unknown, also?: Loose): void {
  const before = Object.getOwnPropertyDescriptor(globalThis, name)
  Object.defineProperty(globalThis, name, {
    configurable: true,
    enumerable: before?.enumerable ?? false,
    writable: true,
    value,
  })
  if (also !== undefined) also[name] = value
}

function named<F extends Fn>(name: string, fn: F): F {
  return Object.defineProperty(fn, 'name', { value: name })
}
