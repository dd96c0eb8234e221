import type { DatabaseSync } from 'node:sqlite'

/** Where URLs were redirected to, and where these were, as far as is known. */
export function redirectsOf(db: DatabaseSync, urls: readonly string[]): string[] {
  const select = db.prepare(
    `SELECT t.url FROM url u JOIN page p ON p.url_id = u.id JOIN url t ON t.id = p.redirect_id
     WHERE u.url = ?`,
  )
  const found = new Set<string>()
  for (let next = urls; next.length > 0;) {
    const targets = next.flatMap((url) => select.all(url) as unknown as { url: string }[])
    next = targets.map(({ url }) => url).filter((url) => !found.has(url))
    for (const url of next) found.add(url)
  }
  return [...found]
}
