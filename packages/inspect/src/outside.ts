import { AsyncLocalStorage } from 'node:async_hooks'

/** Calls `fn` in no task, whoever asks for it: what is started there belongs to nobody. */
export const outside: <A extends unknown[], R>(fn: (...args: A) => R, ...args: A) => R =
  AsyncLocalStorage.snapshot()
