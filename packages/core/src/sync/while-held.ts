import { failing } from '../lowlevel.ts'
import type { Call } from '../lowlevel.ts'

/** Runs `fn` while something is held, and gives it back: the `use` of locks, limiters and pools. */
export function whileHeld<H, T>(
  acquired: Promise<H>,
  fn: (held: H) => PromiseLike<T> | T,
  release: (held: H) => void,
): Promise<T> {
  const call: Call = { promise: undefined }
  const result = hold(acquired, fn, release, call)
  call.promise = result
  return result
}

async function hold<H, T>(
  acquired: Promise<H>,
  fn: (held: H) => PromiseLike<T> | T,
  release: (held: H) => void,
  call: Call,
): Promise<T> {
  try {
    const held = await acquired
    try {
      return await fn(held)
    } finally {
      release(held)
    }
  } catch (error) {
    return await failing(call, error)
  }
}

/** Gives back what is given back by disposing it. */
export function dispose(held: Disposable): void {
  held[Symbol.dispose]()
}
