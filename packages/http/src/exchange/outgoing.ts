import type { BodyInput } from '../options.ts'

/** Header names in lower case. */
export type HeaderRecord = Readonly<Record<string, string | string[]>>

/** A request, ready to be sent, and to be sent again. */
export interface Outgoing {
  readonly url: URL
  readonly method: string
  readonly headers: HeaderRecord
  readonly body: BodyInput | undefined
}

/** Whether the body can be sent a second time. */
export function isReplayable(body: BodyInput | undefined): body is string | Uint8Array | undefined {
  return body === undefined || typeof body === 'string' || body instanceof Uint8Array
}

/** Whether sending it twice is as good as once [RFC 9110 9.2.2]. */
export function isIdempotent(method: string): boolean {
  return /^(GET|HEAD|OPTIONS|TRACE|PUT|DELETE)$/.test(method)
}
