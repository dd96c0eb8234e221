import { isCancelled } from 'corral'
import { refuse, requireDuration, requireOptions } from 'corral/lowlevel'
import type { ApiRequest } from './api/api-request.ts'
import type { Middleware } from './api/api.ts'
import { HttpProblem } from './errors.ts'
import { Reply } from './reply/reply.ts'

export interface CorsOptions {
  /** Origins whose pages may call, such as `https://shop.example`; `*` for any, without credentials. */
  readonly origins: '*' | readonly string[]
  /** Whether cookies are sent along. Default false. */
  readonly credentials?: boolean
  /** Response headers that a page may read. */
  readonly exposeHeaders?: readonly string[]
  /** How long a browser may cache the permission, in milliseconds. Default 600 000. */
  readonly maxAge?: number
}

/**
 * Lets pages of other origins call, by the CORS protocol of browsers. It protects no data: clients other than browsers
 * may call anyway.
 *
 * @throws MisuseError for credentials with any origin, which browsers refuse
 * @example
 * app.use(cors({ origins: ['https://shop.example'], credentials: true }))
 */
export function cors(options: CorsOptions): Middleware {
  requireOptions('cors', options)
  const { origins, credentials = false, exposeHeaders = [], maxAge = 600_000 } = options
  requireDuration('cors: maxAge', maxAge)
  if (origins === '*' && credentials) {
    refuse('cors: origins', 'a list where credentials are sent along', origins)
  }
  if (origins !== '*' && !Array.isArray(origins)) {
    refuse('cors: origins', '"*" or a list of origins', origins)
  }
  const vary = origins === '*' ? {} : { vary: 'origin' }
  const allowed = ({ headers }: ApiRequest): Record<string, string> => {
    const origin = headers['origin']
    if (typeof origin !== 'string' || (origins !== '*' && !origins.includes(origin))) return vary
    return {
      ...vary,
      'access-control-allow-origin': origins === '*' ? '*' : origin,
      ...(credentials ? { 'access-control-allow-credentials': 'true' } : undefined),
    }
  }
  return async (request, next) => {
    const headers = allowed(request)
    const method = request.headers['access-control-request-method']
    if (request.method === 'OPTIONS' && typeof method === 'string') {
      return new Reply(204, { ...headers, ...preflight(request, method, maxAge) }, undefined)
    }
    const reply = await answered(next, headers)
    const expose =
      exposeHeaders.length === 0 || headers['access-control-allow-origin'] === undefined
        ? undefined
        : { 'access-control-expose-headers': exposeHeaders.join(', ') }
    return reply.with({ ...headers, ...expose })
  }
}

/** A page may read problem responses too. */
async function answered(
  next: () => Promise<Reply>,
  headers: Record<string, string>,
): Promise<Reply> {
  try {
    return await next()
  } catch (error) {
    if (isCancelled(error)) throw error
    if (!(error instanceof HttpProblem)) throw new HttpProblem(500, { cause: error, headers })
    throw error.with(headers)
  }
}

function preflight(
  { headers }: ApiRequest,
  method: string,
  maxAge: number,
): Record<string, string> {
  const asked = headers['access-control-request-headers']
  return {
    'access-control-allow-methods': method,
    ...(typeof asked === 'string' ? { 'access-control-allow-headers': asked } : undefined),
    'access-control-max-age': String(Math.floor(maxAge / 1000)),
  }
}
