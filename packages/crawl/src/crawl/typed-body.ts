import { saysNothing } from '../fetch/mime-type.ts'
import { sniffBody } from '../page/sniff-type.ts'
import type { CrawlResponse } from './crawl-session.ts'

/** A body and what it is: as its head says, or else as it looks. */
export interface TypedBody {
  readonly type: string | undefined
  readonly body: AsyncIterable<Uint8Array>
  /** Whether it was looked at: then it is to be read on, not drained. */
  readonly isBegun: boolean
}

/** Cancellation: that of the response. */
export async function typedBody(
  response: CrawlResponse,
  contentType: string | undefined,
): Promise<TypedBody> {
  const { headers } = response
  if (!saysNothing(contentType)) return { type: contentType, body: response.body, isBegun: false }
  const noSniff = headers.get('x-content-type-options')?.trim().toLowerCase() === 'nosniff'
  return { ...(await sniffBody(response.body, noSniff)), isBegun: true }
}
