import type { IncomingMessage, ServerResponse } from 'node:http'
import { isCancelled, MisuseError } from 'corral'
import type { RequestScopes, ScopeOptions } from './guest/request-scopes.ts'

export * from './node.ts'

/** As much of hono's context as the middleware needs. */
interface Context {
  readonly env: unknown
  readonly req: { readonly method: string; readonly path: string }
  readonly error: Error | undefined
}

/**
 * A middleware for hono on `@hono/node-server`: what comes after it runs in a scope of its own.
 *
 * Cancellation: when the client goes, when its time is over, when the scopes are closed.
 *
 * @throws MisuseError, as an answer of 500, where no `node:http` is below
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
      // hono has made an answer of what was thrown; a cancellation is no error of the handler.
      if (isCancelled(context.error)) throw context.error
    }
    const { method, path } = context.req
    await scopes.run(incoming, outgoing, `${method} ${path}`, work, options)
  }
}
