import type { RenderOptions } from '../fetch/render-options.ts'
import type { CrawlSession } from './crawl-session.ts'

/** A session that renders pages, where that is asked for. Outside of the archive: that has what servers said. */
export async function rendering(
  options: RenderOptions | undefined,
  session: CrawlSession,
): Promise<CrawlSession> {
  if (options === undefined) return session
  const { RenderingSession } = await import('../fetch/rendering-session.ts')
  return new RenderingSession(session, options)
}
