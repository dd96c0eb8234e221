import { isCancelled, now, retry } from 'corral'
import type { RetryOptions } from 'corral'
import { HttpError, HttpStatusError, HttpTimeoutError } from '../errors.ts'
import type { HttpResponse } from '../response/http-response.ts'
import { isIdempotent, isReplayable } from '../exchange/outgoing.ts'
import type { Outgoing } from '../exchange/outgoing.ts'
import { parseRetryAfter } from './retry-after.ts'

/** A server that asks to wait longer than this is not waited for. */
const LONGEST = 60_000

/**
 * Sends a request again while it may help and may do no harm. A status that may be another one next
 * time counts as a failure, of which the last one is the result all the same.
 *
 * Cancellation: ends the attempt or the delay.
 */
export async function withRetries(
  request: Outgoing,
  options: RetryOptions,
  send: () => Promise<HttpResponse>,
): Promise<HttpResponse> {
  let last: HttpResponse | undefined
  try {
    return await retry(
      async () => {
        last = undefined
        const response = await send()
        if (!isTransient(response.status)) return response
        last = response
        throw new HttpStatusError(response.status, response.url, waitOf(response))
      },
      {
        ...options,
        shouldRetry: (error, attempt) =>
          isHarmless(request, error) && (options.shouldRetry?.(error, attempt) ?? mayHelp(error)),
        delay: (error, attempt, planned) =>
          options.delay?.(error, attempt, planned) ??
          (error instanceof HttpStatusError ? error.retryAfter : undefined),
        onRetry: async (error, attempt, delay) => {
          if (last !== undefined) await discard(last)
          await options.onRetry?.(error, attempt, delay)
        },
      },
    )
  } catch (error) {
    if (last !== undefined && error instanceof HttpStatusError) return last
    await last?.close()
    throw error
  }
}

/** Too slow, too early, too many, or the server's own trouble. */
function isTransient(status: number): boolean {
  return [408, 425, 429, 500, 502, 503, 504].includes(status)
}

/** Whether the server has not acted on it, or acting twice is as good as once. */
function isHarmless({ method, body }: Outgoing, error: unknown): boolean {
  if (!isReplayable(body)) return false
  return isIdempotent(method) || (error as Partial<HttpError>).phase === 'connect'
}

function mayHelp(error: unknown): boolean {
  if (error instanceof HttpStatusError) return (error.retryAfter ?? 0) <= LONGEST
  if (error instanceof HttpTimeoutError) return error.phase !== 'queue'
  if (!(error instanceof HttpError)) return false
  // EAI_AGAIN is the resolver's own trouble; that there is no such name is an answer.
  if (error.code === 'DNS') return (error.cause as { code?: string }).code === 'EAI_AGAIN'
  return error.code === 'CONNECT' || error.code === 'RESET'
}

function waitOf(response: HttpResponse): number | undefined {
  return parseRetryAfter(response.headers.get('retry-after'), now())
}

/** Nobody wants its body: how that ends does not matter. */
async function discard(response: HttpResponse): Promise<void> {
  try {
    await response.drain()
  } catch (error) {
    if (isCancelled(error)) throw error
  }
}
