import { sql, type Executor } from '@corral/db'
import { linkTraits } from '../link-traits.ts'
import type { Outcome, StoredFailure, StoredLink, StoredPage } from '../outcome.ts'
import type { Deltas } from './deltas.ts'
import type { UrlLinker } from './link-urls.ts'
import type { Arrival } from './merge-links.ts'
import { queueStale, type Stale } from './queue-again.ts'
import { insertBodies, insertRecords } from './insert-kept.ts'
import { textOf } from './text-of.ts'
import { originalsOf, redirectsFrom } from './look-ups.ts'

/** What is to be written of a URL that has come to its end. */
interface End {
  readonly id: number
  readonly state: 1 | 2 | 3
  readonly reason?: string
  readonly page?: StoredPage
  readonly redirect?: number
  /** The page whose body this one has as well. */
  readonly same?: number
  readonly failure?: StoredFailure
}

type OfPage = Extract<Outcome, { result: 'page' }>

/**
 * Stores outcomes and what they add to the frontier, with a number of statements that does not grow with theirs. An entry
 * that has an outcome already keeps it. Inside a transaction that holds the lock.
 */
export async function storeOutcomes(
  tx: Executor,
  deltas: Deltas,
  linker: UrlLinker,
  given: readonly Outcome[],
): Promise<void> {
  const depths = await queuedDepths(tx, given)
  const taken = new Set<number>()
  const outcomes = given.filter(({ entry: { id } }) => {
    if (taken.has(id) || !depths.has(id)) return false
    taken.add(id)
    return true
  })
  if (outcomes.length === 0) return
  const originals = await originalsOf(tx, outcomes)

  const arrivals: Arrival[] = []
  const linked: { readonly from: number; readonly link: StoredLink }[] = []
  for (const outcome of outcomes) {
    if (outcome.result !== 'page' && outcome.result !== 'failure') continue
    const { id, hops, sitemap } = outcome.entry
    const depth = depths.get(id) ?? 0
    if (outcome.result === 'page' && outcome.redirect !== undefined) {
      arrivals.push({ link: outcome.redirect, depth, hops: hops + 1 })
    }
    // The links of a copy are those of what it is a copy of, or lead deeper and deeper into nowhere.
    if (originals.has(id)) continue
    for (const link of outcome.links ?? []) {
      // Pages that a sitemap lists are as near as itself, and the number of sitemaps in each other counts.
      const below = sitemap === true ? depth : depth + 1
      arrivals.push({ link, depth: below, hops: link.kind === 'sitemap' ? hops + 1 : 0 })
      linked.push({ from: id, link })
    }
  }
  const { ids, closer } = await linker.link(tx, deltas, arrivals)

  const ends = await endsOf(tx, outcomes, ids, originals)
  await finish(tx, deltas, outcomes, ends)
  await confirm(tx, deltas, outcomes)
  await insertPages(tx, deltas, ends)
  await insertFailures(tx, deltas, ends)
  await insertLinks(tx, linked, ids)
  const stale = linked.flatMap(({ link: { url, changedAt } }): Stale[] =>
    changedAt === undefined ? [] : [{ before: changedAt, id: ids.get(url) as number }],
  )
  await queueStale(tx, deltas, stale)
  await linker.shorten(tx, deltas, closer)
}

/** The depths as they are now, of those that are queued: a shorter way may have been found since they were handed out. */
async function queuedDepths(
  tx: Executor,
  outcomes: readonly Outcome[],
): Promise<Map<number, number>> {
  const rows = await tx.query<{ id: number; depth: number }>(
    sql`select id::float8 as id, depth from url
        where id = any(${outcomes.map(({ entry }) => entry.id)}) and state = 0`,
  )
  return new Map(rows.map(({ id, depth }) => [id, depth]))
}

async function endsOf(
  tx: Executor,
  outcomes: readonly Outcome[],
  ids: ReadonlyMap<string, number>,
  originals: ReadonlyMap<number, number>,
): Promise<End[]> {
  const targetOf = ({ redirect }: OfPage): number | undefined => redirect && ids.get(redirect.url)
  const targets = outcomes.flatMap((each) =>
    each.result === 'page' ? [targetOf(each)].filter((id) => id !== undefined) : [],
  )
  const redirects = await redirectsFrom(tx, targets)
  return outcomes.map((outcome): End => {
    const { id } = outcome.entry
    switch (outcome.result) {
      case 'page': {
        const { page } = outcome
        const target = targetOf(outcome)
        if (target === undefined) {
          const same = originals.get(id)
          return { id, state: 1, page, ...(same === undefined ? {} : { same }) }
        }
        if (leadsTo(redirects, target, id)) return circle(outcome)
        redirects.set(id, target)
        return { id, state: 1, page, redirect: target }
      }
      case 'failure':
        return { id, state: 2, failure: outcome.failure }
      case 'unchanged':
        return { id, state: 1 }
      case 'skip':
        return { id, state: 3, reason: outcome.reason }
    }
  })
}

function leadsTo(redirects: ReadonlyMap<number, number>, from: number, to: number): boolean {
  let at: number | undefined = from
  for (let hops = 0; at !== undefined && hops < 50; hops++) {
    if (at === to) return true
    at = redirects.get(at)
  }
  return false
}

function circle({ entry, page, redirect }: OfPage): End {
  const message = `redirects in a circle, by way of ${redirect?.url}`
  const { attempts, fetchedAt } = page
  const failure = {
    kind: 'redirect',
    code: 'REDIRECT_LOOP',
    message,
    attempts,
    failedAt: fetchedAt,
  }
  return { id: entry.id, state: 2, failure }
}

/** Takes URLs from the queue, and forgets what an earlier crawl got of those that are other than they were. */
async function finish(
  tx: Executor,
  deltas: Deltas,
  outcomes: readonly Outcome[],
  ends: readonly End[],
): Promise<void> {
  await tx.execute(
    sql`update url set state = c.state, reason = c.reason
        from unnest(${ends.map(({ id }) => id)}::int8[], ${ends.map(({ state }) => state)}::int2[],
          ${ends.map(({ reason }) => reason ?? null)}::text[]) c (id, state, reason)
        where url.id = c.id`,
  )
  deltas.add('queued', -ends.length)
  deltas.add('skipped', ends.filter(({ state }) => state === 3).length)
  const before = outcomes.filter(({ entry }) => entry.before !== undefined)
  deltas.add('stale', -before.length)
  const old = before.filter(({ result }) => result !== 'unchanged').map(({ entry }) => entry.id)
  if (old.length === 0) return
  for (const [table, column] of [
    ['page', 'url_id'],
    ['record', 'url_id'],
    ['body', 'url_id'],
    ['item', 'url_id'],
    ['link', 'from_id'],
  ] as const) {
    await tx.execute(
      sql`delete from ${sql.identifier(table)} where ${sql.identifier(column)} = any(${old})`,
    )
  }
}

/** Pages that are what they were. */
async function confirm(tx: Executor, deltas: Deltas, outcomes: readonly Outcome[]): Promise<void> {
  const same = outcomes.filter((each) => each.result === 'unchanged')
  if (same.length === 0) return
  const rows = await tx.query<{ bytes: number }>(
    sql`update page set fetched_at = c.at
        from unnest(${same.map(({ entry }) => entry.id)}::int8[], ${same.map(({ fetchedAt }) => fetchedAt)}::int8[]) c (id, at)
        where url_id = c.id returning bytes::float8 as bytes`,
  )
  deltas.add('pages', same.length)
  for (const { bytes } of rows) deltas.add('bytes', bytes)
  await insertRecords(
    tx,
    same.map(({ entry: { id }, data }) => ({ id, data })),
  )
}

async function insertPages(tx: Executor, deltas: Deltas, ends: readonly End[]): Promise<void> {
  const rows = ends.filter((end): end is End & { page: StoredPage } => end.page !== undefined)
  if (rows.length === 0) return
  const column = <T>(of: (page: StoredPage, end: End) => T): T[] =>
    rows.map((end) => of(end.page, end))
  await tx.execute(
    sql`insert into page select * from unnest(
          ${column((_, { id }) => id)}::int8[], ${column(({ status }) => status)}::int4[],
          ${column(({ contentType }) => textOf(contentType))}::text[],
          ${column(({ charset }) => textOf(charset))}::text[],
          ${column(({ title }) => textOf(title))}::text[], ${column(({ bytes }) => bytes)}::int8[],
          ${column((_, { redirect }) => redirect ?? null)}::int8[],
          ${column(({ canonical }) => textOf(canonical))}::text[],
          ${column(({ noindex }) => Number(noindex))}::int2[],
          ${column(({ note }) => textOf(note))}::text[],
          ${column(({ attempts }) => attempts)}::int4[], ${column(({ fetchedAt }) => fetchedAt)}::int8[],
          ${column(({ durationMs }) => durationMs)}::int4[],
          ${column(({ validators }) => textOf(validators?.etag))}::text[],
          ${column(({ validators }) => textOf(validators?.lastModified))}::text[],
          ${column(({ hash }) => hash ?? null)}::text[], ${column((_, { same }) => same ?? null)}::int8[])`,
  )
  deltas.add('pages', rows.length)
  for (const { page } of rows) deltas.add('bytes', page.bytes)
  const items = rows.flatMap(({ id, page }) => (page.items ?? []).map((data) => ({ id, data })))
  if (items.length > 0) {
    await tx.execute(
      sql`insert into item (url_id, data) select id, data::json
          from unnest(${items.map(({ id }) => id)}::int8[], ${items.map(({ data }) => textOf(data))}::text[]) c (id, data)`,
    )
  }
  await insertRecords(
    tx,
    rows.map(({ id, page: { data } }) => ({ id, data })),
  )
  await insertBodies(
    tx,
    rows.map(({ id, page: { body } }) => ({ id, body })),
  )
}

async function insertFailures(tx: Executor, deltas: Deltas, ends: readonly End[]): Promise<void> {
  const rows = ends.flatMap(({ id, failure }) =>
    failure === undefined ? [] : [{ id, ...failure }],
  )
  if (rows.length === 0) return
  await tx.execute(
    sql`insert into failure select * from unnest(
          ${rows.map(({ id }) => id)}::int8[], ${rows.map(({ kind }) => kind)}::text[],
          ${rows.map(({ code }) => textOf(code))}::text[], ${rows.map(({ message }) => textOf(message))}::text[],
          ${rows.map(({ attempts }) => attempts)}::int4[], ${rows.map(({ failedAt }) => failedAt)}::int8[])`,
  )
  deltas.add('failed', rows.length)
  for (const { kind } of rows) deltas.add(`failed:${kind}`, 1)
}

async function insertLinks(
  tx: Executor,
  links: readonly { readonly from: number; readonly link: StoredLink }[],
  ids: ReadonlyMap<string, number>,
): Promise<void> {
  if (links.length === 0) return
  await tx.execute(
    sql`insert into link select * from unnest(
          ${links.map(({ from }) => from)}::int8[], ${links.map(({ link }) => ids.get(link.url) as number)}::int8[],
          ${links.map(({ link }) => linkTraits(link.kind, link.nofollow))}::int2[])
        on conflict do nothing`,
  )
}
