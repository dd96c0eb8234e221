import type { FileCookie } from '../fetch/cookie-file.ts'
import type { Store } from '../store/store.ts'
import type { CrawlOptions } from './crawl-options.ts'
import type { CrawlSession } from './crawl-session.ts'

/** A file of cookies is kept like what servers set. */
export function keepsCookies({
  cookies,
  cookieFile,
}: Pick<CrawlOptions, 'cookies' | 'cookieFile'>): boolean {
  return cookies === true || cookieFile !== undefined
}

/** @throws MisuseError for a file that cannot be read, or is none of cookies */
export async function cookiesIn(file: string | undefined): Promise<readonly FileCookie[]> {
  if (file === undefined) return []
  const { readCookieFile } = await import('../fetch/cookie-file.ts')
  return await readCookieFile(file)
}

/** A session that keeps cookies, and has those that earlier runs kept, and some that are given. */
export async function withCookies(
  session: CrawlSession,
  store: Store,
  given: readonly FileCookie[],
): Promise<CrawlSession & AsyncDisposable> {
  const { CookieSession } = await import('../fetch/cookie-session.ts')
  const cookies = new CookieSession(session, store)
  await cookies.load(given)
  return cookies
}
