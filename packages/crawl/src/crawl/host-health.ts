import { CircuitBreaker, CircuitOpenError, now, RetryBudget } from 'corral'
import { AdaptiveDelay } from '../frontier/adaptive-delay.ts'
import type { Failure } from '../fetch/failure.ts'
import type { Visit } from './visit-page.ts'

export interface HostHealthLimits {
  readonly concurrencyPerHost: number
  /** Milliseconds between requests that it is slowed down to at most. */
  readonly maxAdaptiveDelay: number
  /** Retries for one host, of which successes give back a fifth each. */
  readonly retryBudget: number
  /** Failures in a row after which a host is left alone for a while. */
  readonly breakAfter: number
  /** Milliseconds that it is left alone. */
  readonly breakFor: number
  /** Times that it is left alone, one after the other, before it is given up. */
  readonly maxBreaks: number
}

/** Not asked: the host is left alone until then, or was given up. */
export type Refusal =
  | { readonly result: 'later'; readonly until: number }
  | { readonly result: 'failure'; readonly failure: Failure }

/** Unhealthy hosts that are remembered; who finds more begins to forget the first. */
const maxHosts = 10_000

interface Host {
  readonly delay: AdaptiveDelay
  readonly budget: RetryBudget
  readonly breaker: CircuitBreaker
  breaks: number
  last: Failure | undefined
}

/**
 * Spares unhealthy hosts, and the crawl that would wait for them: slower when they ask for it, few retries when
 * most fail, none at all for a while when all do, and in the end no request. A healthy host costs a look-up.
 */
export class HostHealth {
  readonly #limits: HostHealthLimits
  readonly #hosts = new Map<string, Host>()

  constructor(limits: HostHealthLimits) {
    this.#limits = limits
  }

  /** Unhealthy hosts. */
  get size(): number {
    return this.#hosts.size
  }

  /** Milliseconds between requests to a host, as it asks for them; undefined when it is healthy. */
  delayOf(origin: string): number | undefined {
    return this.#hosts.get(origin)?.delay.delay
  }

  /** Takes one from the retries of a host; false when it has none left. */
  tryRetry(origin: string): boolean {
    return this.#hosts.get(origin)?.budget.tryTake() ?? true
  }

  /**
   * Visits, unless the host is left alone.
   *
   * Cancellation: that of the visit.
   */
  async visit(origin: string, visit: () => Promise<Visit>): Promise<Visit | Refusal> {
    const startedAt = now()
    let host = this.#hosts.get(origin)
    if (host === undefined) {
      const visited = await visit()
      const slow = now() - startedAt >= 1000
      if (!slow && !isRetryable(visited)) return visited
      host = this.#add(origin)
      await breaking(host, () => Promise.resolve(visited))
      this.#observe(host, visited, startedAt)
      return visited
    }
    if (host.breaks >= this.#limits.maxBreaks) {
      return { result: 'failure', failure: givenUp(host.last) }
    }
    const visited = await breaking(host, visit)
    if (visited.result === 'later') return visited
    this.#observe(host, visited, startedAt)
    if (
      host.delay.delay === 0 &&
      host.breaker.idle &&
      host.budget.left >= this.#limits.retryBudget
    ) {
      this.#hosts.delete(origin)
    }
    return visited
  }

  #add(origin: string): Host {
    const known = this.#hosts.get(origin)
    if (known !== undefined) return known
    const { maxAdaptiveDelay, concurrencyPerHost, retryBudget, breakAfter, breakFor } = this.#limits
    const host: Host = {
      delay: new AdaptiveDelay(maxAdaptiveDelay, concurrencyPerHost),
      budget: new RetryBudget({ max: retryBudget, ratio: 0.2 }),
      breaker: new CircuitBreaker({
        failures: breakAfter,
        cooldown: breakFor,
        onChange: (state) => {
          if (state === 'open') host.breaks++
          if (state === 'closed') host.breaks = 0
        },
      }),
      breaks: 0,
      last: undefined,
    }
    this.#hosts.set(origin, host)
    if (this.#hosts.size > maxHosts) {
      const [oldest] = this.#hosts.keys()
      if (oldest !== undefined) this.#hosts.delete(oldest)
    }
    return host
  }

  #observe(host: Host, visited: Visit, startedAt: number): void {
    const at = now()
    if (visited.result !== 'failure') {
      host.budget.succeeded()
      host.delay.succeeded(startedAt, at)
      return
    }
    const { failure } = visited
    if (isHostFailure(failure)) host.last = failure
    if (failure.kind === 'timeout' || failure.code === '503') host.delay.faltered(startedAt, at)
    if (failure.code === '429') host.delay.overloaded(startedAt, at)
  }
}

/** Thrown through the breaker, which counts errors. */
class FailedVisit extends Error {
  readonly visited: Visit

  constructor(visited: Visit) {
    super('failed visit')
    this.visited = visited
  }
}

async function breaking(
  { breaker }: Host,
  visit: () => Promise<Visit>,
): Promise<Visit | Extract<Refusal, { result: 'later' }>> {
  try {
    return await breaker.use(async () => {
      const visited = await visit()
      if (visited.result !== 'failure' || !isHostFailure(visited.failure)) return visited
      throw new FailedVisit(visited)
    })
  } catch (error) {
    if (error instanceof FailedVisit) return error.visited
    if (error instanceof CircuitOpenError) {
      return { result: 'later', until: now() + error.retryAfter }
    }
    throw error
  }
}

/** Whether a visit is worth remembering. */
function isRetryable(visited: Visit): boolean {
  return visited.result === 'failure' && visited.failure.retryable
}

/** A failure of the host rather than of the page. */
function isHostFailure({ kind, code }: Failure): boolean {
  return (
    kind === 'network' || kind === 'timeout' || (kind === 'http' && /^(429|50[234])$/.test(code))
  )
}

function givenUp(last: Failure | undefined): Failure {
  const because = last === undefined ? '' : `; the last time: ${last.message}`
  return {
    kind: last?.kind ?? 'network',
    code: 'HOST_DOWN',
    message: `the host was given up after failing again and again${because}`,
    retryable: false,
  }
}
