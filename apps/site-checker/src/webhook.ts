import { hedge, OriginBreakers } from '@corral/http'
import type { HttpSession } from '@corral/http'
import { job } from '@corral/jobs'
import type { Job } from '@corral/jobs'
import { exponential, RetryBudget } from 'corral'

/** What is posted when a check found something else than the one before. */
export interface News {
  readonly webhook: string
  readonly site: string
  readonly check: string
  readonly findings: number
  readonly appeared: number
  readonly mended: number
}

const HOUR = 3600_000

/**
 * Posts news, again and again for about a day if need be. It may arrive twice: the header `idempotency-key` says so. A receiver that
 * fails is left alone for a while; one that is slow is asked a second time beside the first.
 *
 * @param session that connects to nobody it must not
 */
export function webhookJob(session: HttpSession): Job<News, void> {
  const breakers = new OriginBreakers({ failures: 5, cooldown: 60_000 })
  const budget = new RetryBudget({ max: 10 })
  return job(
    'webhook',
    async ({ webhook, ...news }: News) => {
      const headers = { 'content-type': 'application/json', 'idempotency-key': news.check }
      const options = { method: 'POST', headers, body: JSON.stringify(news), timeout: 30_000 }
      const post = (): ReturnType<HttpSession['request']> =>
        breakers.use(webhook, () => session.request(webhook, options))
      await using response = await hedge(post, { delay: 5000, budget })
      if (!response.ok) throw new Error(`the webhook answered ${response.status}`)
    },
    { attempts: 20, backoff: exponential({ base: 1000, max: 2 * HOUR }), timeout: 60_000 },
  )
}
