import { unpackBody } from '../page/packed-body.ts'
import type { FrontierEntry } from '../store/outcome.ts'
import { lacksExtraction } from './conditional-request.ts'
import { addressOf } from './page-request.ts'
import type { Fetched, VisitContext } from './visit-page.ts'

/** A page that is what it was; what it lacks is extracted from the body that was kept. */
export async function unchanged(
  entry: FrontierEntry,
  { handling, bodyOf, extractionSince }: VisitContext,
): Promise<Fetched> {
  if (handling === undefined || !lacksExtraction(entry, extractionSince)) {
    return { result: 'unchanged' }
  }
  const stored = await bodyOf?.(entry.id)
  // Of nothing but HTML the charset is known.
  if (stored?.charset === undefined) return { result: 'unchanged' }
  const html = new TextDecoder(stored.charset).decode(unpackBody(stored.packed))
  const extracted = handling.extract(html, addressOf(entry.url))
  return extracted.result === 'failure' ? extracted : { result: 'unchanged', data: extracted.data }
}
