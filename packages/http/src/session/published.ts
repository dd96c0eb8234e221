import { channel } from 'node:diagnostics_channel'
import { now } from 'corral'
import type { HttpResponse } from '../response/http-response.ts'

/** A request whose response has begun, or that failed, as `corral:http.request` of `node:diagnostics_channel` publishes it. */
export interface RequestEvent {
  readonly method: string
  /** Where it was sent: nothing of the path. */
  readonly origin: string
  readonly status: number | undefined
  /** From the call to the headers of the response, retries and redirects included. */
  readonly ms: number
  readonly error: unknown
}

const finished = channel('corral:http.request')

/** Publishes how a request went, where somebody subscribes. */
export async function published(
  { method, url }: { readonly method: string; readonly url: URL },
  act: () => Promise<HttpResponse>,
): Promise<HttpResponse> {
  if (!finished.hasSubscribers) return await act()
  const since = now()
  let status: number | undefined
  let failure: unknown
  try {
    const response = await act()
    ;({ status } = response)
    return response
  } catch (error) {
    failure = error
    throw error
  } finally {
    const event: RequestEvent = {
      method,
      origin: url.origin,
      status,
      ms: now() - since,
      error: failure,
    }
    finished.publish(event)
  }
}
