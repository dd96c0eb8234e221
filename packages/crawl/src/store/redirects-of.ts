import type { DatabaseSync } from 'node:sqlite'
import type { RedirectOf } from './outcome.ts'

/** Where URLs were redirected to, and where these were, as far as is known. */
export function redirectsOf(db: DatabaseSync, urls: readonly string[]): RedirectOf[] {
  const select = db.prepare(
    `SELECT u.url AS source, t.url AS target FROM url u JOIN page p ON p.url_id = u.id JOIN url t ON t.id = p.redirect_id
     WHERE u.url = ?`,
  )
  const found = new Map<string, RedirectOf>()
  for (let next = urls; next.length > 0;) {
    const redirects = next.flatMap((url) => select.all(url) as unknown as RedirectOf[])
    const news = redirects.filter(({ target }) => !found.has(target))
    for (const { source, target } of news) found.set(target, { source, target })
    next = news.map(({ target }) => target)
  }
  return [...found.values()]
}
