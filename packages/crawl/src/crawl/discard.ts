import { isCancelled } from 'corral'
import type { CrawlResponse } from './crawl-session.ts'

/** Leaves a body that nobody wants; how it ends does not matter. */
export async function discard(response: CrawlResponse): Promise<void> {
  try {
    await response.drain()
  } catch (error) {
    if (isCancelled(error)) throw error
  }
}
