import { withoutCredentials } from '../format/without-secrets.ts'
import { UsageError } from '../options/usage-error.ts'

/**
 * Checks the URLs that a crawl starts from.
 *
 * @throws UsageError saying what is wrong with which one
 */
export function startUrls(given: readonly string[]): readonly string[] {
  if (given.length === 0) {
    throw new UsageError('no URL given; name where to start, such as https://example.org/')
  }
  for (const text of given) {
    const url = URL.parse(text)
    if (url !== null && isHttp(url) && url.hostname !== '') continue
    throw new UsageError(`"${withoutCredentials(text)}" is no http or https URL${hint(text)}`)
  }
  return given
}

function isHttp(url: URL): boolean {
  return url.protocol === 'http:' || url.protocol === 'https:'
}

function hint(text: string): string {
  // A host without a scheme, or with a port, which looks like a scheme.
  if (!/^[\w.-]+(:\d+)?(\/|$)/.test(text) || !/[.:]|^localhost/.test(text)) return ''
  const scheme = /^(localhost|127\.)/.test(text) ? 'http' : 'https'
  return URL.canParse(`${scheme}://${text}`) ? `; did you mean ${scheme}://${text}?` : ''
}
