import { requestLocal } from './engine/current-request.ts'

const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/

/**
 * The trace that the current request belongs to, as its client named it [W3C Trace Context]; undefined where there is
 * none. For `HttpSession`, which passes it on to your own services, and for logs.
 *
 * @example
 * const session = new HttpSession({ propagate: ['https://inventory'], trace: traceContext })
 */
export function traceContext():
  | { readonly traceparent: string; readonly tracestate?: string }
  | undefined {
  const headers = requestLocal.get()?.transport.headers
  const traceparent = headers?.['traceparent']
  if (typeof traceparent !== 'string' || !TRACEPARENT.test(traceparent)) return undefined
  const tracestate = headers?.['tracestate']
  return typeof tracestate === 'string' ? { traceparent, tracestate } : { traceparent }
}
