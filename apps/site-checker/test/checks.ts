import { expect } from 'vitest'
import type { RunningCheck } from '../src/checker.ts'
import type { Check, FindingRow, Site as ListedSite } from '../src/sites.ts'
import type { Client } from './client-of.ts'

export type Listed = ListedSite & {
  readonly running: RunningCheck | null
  readonly last: Check | null
}

/** The list as a user sees it. */
export const sitesOf = async (ask: Client): Promise<Listed[]> =>
  (await ask<Listed[]>('GET', 'sites')).body

/** Asks until it is so; the test's own time ends it. */
export async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    await new Promise((done) => void setTimeout(done, 50))
  }
}

/** Waits for the check after `before`, and gives its findings. */
export async function checked(
  ask: Client,
  site: string,
  before?: string,
): Promise<{ check: Check; findings: FindingRow[] }> {
  const last = await until(async () => {
    const { last } = (await sitesOf(ask)).find(({ id }) => id === site) as Listed
    return last !== null && last.id !== before && last
  })
  return (await ask<{ check: Check; findings: FindingRow[] }>('GET', `checks/${last.id}/findings`))
    .body
}

/** Adds a site; gives its id. */
export async function added(ask: Client, url: string, more: object = {}): Promise<string> {
  const { status, body } = await ask<ListedSite>('POST', 'sites', { url, ...more })
  expect(status).toBe(201)
  return body.id
}
