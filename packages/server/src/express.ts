import type { IncomingMessage, ServerResponse } from 'node:http'
import { requireFunction } from 'corral/lowlevel'
import type { RequestScopes, ScopeOptions } from './guest/request-scopes.ts'

export * from './node.ts'

interface ExpressRequest extends IncomingMessage {
  readonly baseUrl?: string
  readonly path?: string
  readonly route?: { readonly path: unknown }
}

/**
 * A handler of express whose requests have scopes. What goes wrong, a deadline among it, is given to `next`.
 *
 * Cancellation: when the client goes, when its time is over, when the scopes are closed.
 *
 * @example
 * app.get('/users/:id', scoped(scopes, async (request, response) => response.json(await load(request.params.id))))
 */
export function scoped<Request extends ExpressRequest, Response extends ServerResponse>(
  scopes: RequestScopes,
  handler: (request: Request, response: Response) => unknown,
  options: ScopeOptions = {},
): (request: Request, response: Response, next: (error?: unknown) => void) => void {
  requireFunction('scoped: handler', handler)
  return (request, response, next) => {
    const { baseUrl = '', route, path = '' } = request
    const pattern = typeof route?.path === 'string' ? route.path : path
    const name = `${request.method} ${baseUrl}${pattern}`
    const failed = (error: unknown): void => next(error)
    scopes.run(request, response, name, () => handler(request, response), options).catch(failed)
  }
}
