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
 * An express handler whose requests have scopes. Errors, including a deadline, are passed to `next`.
 *
 * Cancellation: when the client disconnects, when its deadline passes, when the scopes are closed.
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
