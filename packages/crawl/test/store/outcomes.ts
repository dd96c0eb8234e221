import type { FrontierEntry, Outcome, StoredLink, StoredPage } from '../../src/store/outcome.ts'

export const somePage: StoredPage = {
  status: 200,
  contentType: 'text/html',
  charset: 'utf-8',
  title: 'A page',
  bytes: 100,
  noindex: false,
  attempts: 1,
  fetchedAt: 1_700_000_000_000,
  durationMs: 5,
}

export function link(url: string, skip?: string): StoredLink {
  return {
    url,
    kind: 'anchor',
    nofollow: skip === 'nofollow',
    ...(skip === undefined ? {} : { skip }),
  }
}

export function pageOutcome(
  entry: FrontierEntry,
  links: readonly StoredLink[] = [],
  redirect?: StoredLink,
): Outcome {
  const page = redirect === undefined ? somePage : { ...somePage, status: 301, bytes: 0 }
  return { result: 'page', entry, page, links, redirect }
}

export function failureOutcome(entry: FrontierEntry, kind = 'http'): Outcome {
  const failure = {
    kind,
    code: '404',
    message: 'status 404',
    attempts: 1,
    failedAt: 1_700_000_000_000,
  }
  return { result: 'failure', entry, failure }
}
