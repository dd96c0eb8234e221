import type { IncomingMessage, ServerResponse } from 'node:http'
import { isCancelled, MisuseError } from 'corral'
import type { RequestScopes, ScopeOptions } from './guest/request-scopes.ts'

export * from './node.ts'

/** The part of hono's context that the middleware needs. */
interface Context {
  readonly env: unknown
  readonly req: { readonly method: string; readonly path: string }
  readonly error: Error | undefined
}

/**
 * Middleware for hono on `@hono/node-server`: what comes after it runs in a scope of its own.
 *
 * Cancellation: when the client disconnects, when its deadline passes, when the scopes are closed.
 *
 * @throws MisuseError, as a 500 response, when not running on `node:http`
 * @example
 * app.use(requestScope(scopes, { timeout: 10_000 }))
 */
export function requestScope(
  scopes: RequestScopes,
  options: ScopeOptions = {},
): (context: Context, next: () => Promise<void>) => Promise<void> {
  return async (context, next) => {
    const { incoming, outgoing } = (context.env ?? {}) as {
      incoming?: IncomingMessage
      outgoing?: ServerResponse
    }
    if (incoming === undefined || outgoing === undefined) {
      throw new MisuseError('requestScope: there is no node:http below; use @hono/node-server')
    }
    const work = async (): Promise<void> => {
      await next()
      // hono has turned the error into a response; a cancellation is not an error of the handler.
      if (isCancelled(context.error)) throw context.error
    }
    const { method, path } = context.req
    await scopes.run(incoming, outgoing, `${method} ${path}`, work, options)
  }
}
