import { currentDeadline, now } from 'corral'
import { refuse, requireFunction } from 'corral/lowlevel'
import type { Outgoing } from '../exchange/outgoing.ts'

/** Who asked for what a request is a part of [W3C Trace Context]. */
export interface TraceContext {
  readonly traceparent: string
  readonly tracestate?: string
}

/**
 * What travels along with requests to services of one's own: how much time is left, and the trace. Nobody else is
 * told: a trace is a secret of the house.
 */
export class Propagation {
  readonly #origins: ReadonlySet<string>
  readonly #trace: () => TraceContext | undefined

  constructor(origins: readonly string[], trace: () => TraceContext | undefined = () => undefined) {
    if (!Array.isArray(origins)) refuse('HttpSession: propagate', 'a list of origins', origins)
    requireFunction('HttpSession: trace', trace)
    this.#origins = new Set(origins.map(toOrigin))
    this.#trace = trace
  }

  /** The request as it is sent now. Asked for each attempt and each hop: the time left shrinks. */
  of(request: Outgoing): Outgoing {
    if (!this.#origins.has(request.url.origin)) return request
    const deadline = currentDeadline()
    const trace = this.#trace()
    const headers: Record<string, string | string[]> = { ...request.headers }
    if (deadline !== Infinity) {
      // A deadline that has passed has cancelled the request: what is left is a fraction at least.
      headers['request-timeout-ms'] = String(Math.max(1, Math.floor(deadline - now())))
    }
    if (trace !== undefined) {
      headers['traceparent'] = trace.traceparent
      if (trace.tracestate !== undefined) headers['tracestate'] = trace.tracestate
    }
    return { ...request, headers }
  }
}

function toOrigin(text: unknown): string {
  const url = URL.parse(String(text))
  if (url === null || !/^https?:$/.test(url.protocol) || url.pathname + url.search !== '/') {
    refuse('HttpSession: propagate', 'a list of origins such as "https://inventory"', text)
  }
  return url.origin
}
