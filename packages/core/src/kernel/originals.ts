/**
 * What time and chance are made of, captured when corral is loaded: a test that replaces the globals
 * later (fake timers) changes nothing in here.
 */
export const setTimeout: typeof globalThis.setTimeout = globalThis.setTimeout
export const clearTimeout: typeof globalThis.clearTimeout = globalThis.clearTimeout
export const random: () => number = Math.random
const { performance } = globalThis
const origin = performance.timeOrigin
const elapsed = performance.now.bind(performance)

interface NodeLike {
  setImmediate?: (fn: () => void) => unknown
  process?: { nextTick?: (fn: () => void) => void }
}
const node = globalThis as NodeLike

/** Runs `fn` in a macrotask of its own, after pending I/O had a turn. */
export const macrotask: (fn: () => void) => void = node.setImmediate ?? viaChannel()

const turn = Promise.resolve()

/** Makes a function that has `fn` run when the queue of microtasks is empty. */
export const afterMicrotasks: (fn: () => void) => () => void =
  node.process?.nextTick === undefined
    ? (fn) => () => macrotask(fn)
    : ((nextTick) => (fn: () => void) => {
        const drained = (): void => nextTick(fn)
        return () => void turn.then(drained)
      })(node.process.nextTick)

/** Milliseconds since the epoch that never step back: the machine's clock when we were loaded, plus what has elapsed. */
export function monotonicNow(): number {
  return origin + elapsed()
}

function viaChannel(): (fn: () => void) => void {
  const { port1, port2 } = new MessageChannel()
  const waiting: (() => void)[] = []
  port1.onmessage = () => waiting.shift()?.()
  return (fn) => {
    waiting.push(fn)
    port2.postMessage(0)
  }
}
