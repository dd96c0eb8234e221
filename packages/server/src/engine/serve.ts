import { stopping } from 'corral'
import type { Event } from 'corral'
import { requireOptions } from 'corral/lowlevel'
import type { App } from '../app/application.ts'
import { openNamed } from './server.ts'
import type { ServerOptions } from './server-options.ts'

export interface ServeOptions extends ServerOptions {
  /** When set, the server drains and `serve` returns. Default: `stopping()`, set by SIGTERM and Ctrl-C. */
  readonly stop?: Event
  /** Called with its address once it listens. */
  readonly onListening?: (url: string) => void
}

/**
 * Serves an application until the run is asked to stop; then it drains, and all work has ended when `serve` returns.
 * Give the run a grace longer than `drainDelay` and the `grace` of the server together: without one the first signal
 * cancels.
 *
 * Cancellation: cancels the requests and awaits them.
 *
 * @throws errors from listening, such as EADDRINUSE
 * @example
 * await run(() => serve(app, { port: 8080, drainDelay: 5_000, grace: 25_000 }), { grace: 35_000 })
 */
export async function serve(app: App, options: ServeOptions = {}): Promise<void> {
  requireOptions('serve', options)
  const { stop = stopping(), onListening } = options
  await using server = await openNamed('serve', app, options)
  onListening?.(server.url)
  await stop.wait()
  await server.drain()
}
