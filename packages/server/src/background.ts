import { requireDuration, requireFunction } from 'corral/lowlevel'
import { currentRequest } from './engine/current-request.ts'

export interface BackgroundOptions {
  /** How the task is called in reports; the function's name if left out. */
  readonly name?: string
  /** Its own limit, in milliseconds; that of the request does not hold for it. Default `Infinity`. */
  readonly timeout?: number
}

/**
 * Starts work that the client does not wait for. It outlives the answer and the client, not the server: a drain
 * waits for it. Its failure goes to the server's `onError`.
 *
 * Cancellation: by its timeout and by the server, not by the request.
 *
 * @throws MisuseError where no request is under way
 * @example
 * background(() => sendMail(user), { name: 'mail', timeout: 60_000 })
 */
export function background(fn: () => unknown, options: BackgroundOptions = {}): void {
  requireFunction('background: fn', fn)
  const { name = fn.name === '' ? 'background' : fn.name, timeout = Infinity } = options
  requireDuration('background: timeout', timeout)
  currentRequest('background').engine.background(fn, name, timeout)
}
