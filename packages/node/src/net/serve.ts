import { stopping } from 'corral'
import type { Event } from 'corral'
import { requireFunction } from 'corral/lowlevel'
import type { ConnectionHandler } from './connection-tasks.ts'
import { openListener, requireListen } from './listener.ts'
import type { Listener, ListenOptions } from './listener.ts'

export interface ServeOptions extends ListenOptions {
  /** When set, the listener drains and `serve` returns; by default `stopping()`: the first SIGTERM or Ctrl-C. */
  readonly stop?: Event
  /** Called once it listens. */
  readonly onListening?: (listener: Listener) => void
}

/**
 * Serves connections until the program is asked to stop; then it drains, and all of them are closed by the time it
 * returns. Give `run` a grace, so that there is time to drain.
 *
 * Cancellation: cancels the handlers, closes their connections, and waits for both.
 *
 * @param handler runs as a task per connection, as with `openListener`
 * @throws Error EADDRINUSE, EACCES: the system's own
 * @example
 * await run(() => serve(async (connection) => {
 *   for await (const line of connection.lines()) await connection.write(`${line}\n`)
 * }, { port: 7777 }), { grace: 10_000 })
 * @see trio.serve_tcp
 */
export async function serve(handler: ConnectionHandler, options: ServeOptions = {}): Promise<void> {
  requireFunction('serve: handler', handler)
  requireListen('serve', options)
  const { stop = stopping(), onListening, ...listen } = options
  await using listener = await openListener(handler, listen)
  onListening?.(listener)
  await stop.wait()
  await listener.drain()
}
