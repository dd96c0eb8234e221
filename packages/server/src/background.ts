import { requireDuration, requireFunction } from 'corral/lowlevel'
import { currentRequest } from './engine/current-request.ts'

export interface BackgroundOptions {
  /** The task's name in reports; by default the function's name. */
  readonly name?: string
  /** Its own time limit, in milliseconds; the request's does not apply. Default `Infinity`. */
  readonly timeout?: number
}

/**
 * Starts work that the client does not wait for. It outlives the response and the client, but not the server: a drain
 * waits for it. Its failure goes to the server's `onError`.
 *
 * Cancellation: by its timeout and by the server, not by the request.
 *
 * @throws MisuseError outside a request
 * @example
 * background(() => sendMail(user), { name: 'mail', timeout: 60_000 })
 */
export function background(fn: () => unknown, options: BackgroundOptions = {}): void {
  requireFunction('background: fn', fn)
  const { name = fn.name === '' ? 'background' : fn.name, timeout = Infinity } = options
  requireDuration('background: timeout', timeout)
  currentRequest('background').engine.background(fn, name, timeout)
}
