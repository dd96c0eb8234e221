import type { Plan } from '../app/plan.ts'
import { Reply } from '../reply/reply.ts'
import type { Transport } from '../transport/transport.ts'

const HEADERS = { 'content-type': 'text/plain', 'cache-control': 'no-store' }

/** The response to health checks: exempt from limits. */
export function health({ method }: Transport, ok: boolean): Plan {
  const reply = new Reply(ok ? 200 : 503, HEADERS, ok ? 'ok' : 'draining')
  return { name: `${method} health`, exempt: true, answer: () => Promise.resolve(reply) }
}
