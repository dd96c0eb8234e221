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

/** As much of a fastify instance as the plugin needs. */
interface Fastify {
  addHook(name: string, hook: (...args: never[]) => unknown): unknown
}

/** What a route says under `config.scope`. */
export interface FastifyScopeConfig {
  readonly scope?: ScopeOptions
}

/**
 * A plugin for fastify: the handler of every route that is added after it runs in a scope. `fastify.close()` drains.
 * A route has options of its own under `config.scope`.
 *
 * Cancellation: when the client goes, when its time is over, when the grace of a drain is over.
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

// The hooks are for the routes of whoever registers it, not for a context of its own.
Object.assign(requestScopes, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: '@corral/server',
})
