import type { IncomingMessage, ServerResponse } from 'node:http'
import { openRequestScopes } from './guest/request-scopes.ts'
import type { RequestScopesOptions, ScopeOptions } from './guest/request-scopes.ts'

export * from './node.ts'

interface Route {
  readonly method: string | readonly string[]
  readonly url: string
  handler(request: { raw: IncomingMessage }, reply: { raw: ServerResponse }): unknown
  readonly config?: FastifyScopeConfig
}

/** The part of a fastify instance that the plugin needs. */
interface Fastify {
  addHook(name: string, hook: (...args: never[]) => unknown): unknown
}

/** A route's options under `config.scope`. */
export interface FastifyScopeConfig {
  readonly scope?: ScopeOptions
}

/**
 * A plugin for fastify: the handler of every route added after it runs in a scope. `fastify.close()` drains. A route
 * can set its own options under `config.scope`.
 *
 * Cancellation: when the client disconnects, when its deadline passes, when the grace of a drain is over.
 *
 * @example
 * await fastify.register(requestScopes, { timeout: 10_000 })
 * fastify.get('/report', { config: { scope: { timeout: 60_000 } } }, () => report())
 */
export async function requestScopes(
  fastify: Fastify,
  options: RequestScopesOptions = {},
): Promise<void> {
  const scopes = await openRequestScopes(options)
  fastify.addHook('preClose', () => scopes.drain())
  fastify.addHook('onRoute', (route: Route) => {
    const { handler, method, url, config } = route
    const name = `${[method].flat().join(',')} ${url}`
    route.handler = function scoped(this: unknown, request, reply) {
      const work = (): unknown => handler.call(this as Route, request, reply)
      return scopes.run(request.raw, reply.raw, name, work, config?.scope)
    }
  })
}

// The hooks apply to the routes of the registering instance, not to a context of their own.
Object.assign(requestScopes, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: '@corral/server',
})
