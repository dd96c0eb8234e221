import { Event } from 'corral'
import type { App } from '../app/application.ts'
import { openServer } from './server.ts'
import type { ServerOptions } from './server-options.ts'

export interface ServeOptions extends ServerOptions {
  /** When it is set the server drains, and `serve` ends. */
  readonly stop?: Event
  /** Told where it listens, once it does. */
  readonly onListening?: (url: string) => void
}

/**
 * Serves an application until `stop` is set; then it drains, and all work has ended when `serve` returns.
 *
 * Cancellation: cancels the requests and awaits them.
 *
 * @throws what listening fails with, such as EADDRINUSE
 * @example
 * const stop = new Event()
 * process.once('SIGTERM', () => stop.set())
 * await run(() => serve(app, { port: 8080, stop }), { handleSignals: false })
 */
export async function serve(app: App, options: ServeOptions = {}): Promise<void> {
  const { stop = new Event(), onListening } = options
  await using server = await openServer(app, options)
  onListening?.(server.url)
  await stop.wait()
  await server.drain()
}
