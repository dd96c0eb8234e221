import { CircuitBreaker, Keyed } from 'corral'
import type { CircuitState } from 'corral'
import { refuse, requireFunction, requireOptions, systemRuntime } from 'corral/lowlevel'
import { HttpTimeoutError } from '../errors.ts'
import type { HttpResponse } from '../response/http-response.ts'

export interface OriginBreakersOptions {
  /** Failures in a row that open the circuit to an origin. Default 5. */
  readonly failures?: number
  /** How long it stays open before one request tries, in milliseconds. Default 10 000. */
  readonly cooldown?: number
  /** Each origin's cooldown is longer or shorter by up to this share, so that many clients do not try at once. Default 0.2. */
  readonly jitter?: number
  /** Told of each change. */
  readonly onChange?: (origin: string, state: CircuitState) => void
}

/** A status of 5xx on its way through a breaker, which counts what is thrown. */
class ServerFailure extends Error {
  readonly response: HttpResponse

  constructor(response: HttpResponse) {
    super(`status ${response.status}`)
    this.response = response
  }
}

/**
 * A circuit breaker for each origin: one that fails is not asked for a while, then by one request at a time. A status
 * of 5xx is a failure, and so is what the network breaks or delays; waiting in our own line is none.
 *
 * Cancellation: reaches the request, and counts neither as failure nor as success.
 *
 * @example
 * const breakers = new OriginBreakers({ failures: 5, cooldown: 10_000 })
 * await using response = await breakers.use(url, () => session.get(url))
 */
export class OriginBreakers {
  readonly #breakers: Keyed<string, CircuitBreaker>

  /** @throws MisuseError for an option out of range */
  constructor(options: OriginBreakersOptions = {}) {
    requireOptions('OriginBreakers', options)
    const { failures = 5, cooldown = 10_000, jitter = 0.2, onChange } = options
    if (typeof jitter !== 'number' || !(jitter >= 0 && jitter < 1)) {
      refuse('OriginBreakers: jitter', 'a number from 0 to below 1', jitter)
    }
    if (onChange !== undefined) requireFunction('OriginBreakers: onChange', onChange)
    const make = (origin: string): CircuitBreaker =>
      new CircuitBreaker({
        failures,
        cooldown: Math.round(cooldown * (1 + jitter * (2 * random() - 1))),
        isFailure: (error) => !(error instanceof HttpTimeoutError && error.phase === 'queue'),
        onChange: (state) => onChange?.(origin, state),
      })
    make('') // checks failures and cooldown now
    this.#breakers = new Keyed(make)
  }

  /**
   * Makes a request through the breaker of its origin. A response of 5xx is handed out like any other.
   *
   * Cancellation: reaches `fn`, and counts neither as failure nor as success.
   *
   * @throws CircuitOpenError at once while the circuit is open
   */
  async use(url: string | URL, fn: () => PromiseLike<HttpResponse>): Promise<HttpResponse> {
    requireFunction('OriginBreakers.use: fn', fn)
    const { origin } = new URL(url)
    try {
      return await this.#breakers.use(origin, (breaker) =>
        breaker.use(async () => {
          const response = await fn()
          if (response.status >= 500) throw new ServerFailure(response)
          return response
        }),
      )
    } catch (error) {
      if (error instanceof ServerFailure) return error.response
      throw error
    }
  }
}

function random(): number {
  return systemRuntime.random()
}
