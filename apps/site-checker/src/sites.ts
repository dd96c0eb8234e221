import { randomUUID } from 'node:crypto'
import { DatabaseError, sql } from '@corral/db'
import type { Database, Executor } from '@corral/db'
import { HttpProblem } from '@corral/server'
import type { Schedule } from './checker.ts'
import type { Change, Finding, FindingKind } from './findings.ts'

export interface Site {
  readonly id: string
  readonly owner: string
  readonly url: string
  /** How often it is checked by itself; null: only when somebody asks. */
  readonly schedule: Schedule | null
  /** Where changes are posted. */
  readonly webhook: string | null
  /** The job that checks it, or checked it last. */
  readonly job: string | null
}

/** A check that has ended. */
export interface Check {
  readonly id: string
  readonly site: string
  readonly begun_at: number
  readonly ended_at: number
  readonly pages: number
  readonly findings: number
  readonly appeared: number
  readonly mended: number
}

/** A finding as it is stored with a check. */
export interface FindingRow {
  readonly kind: FindingKind
  readonly url: string
  readonly detail: string
  /** URLs, a line each. */
  readonly linked_from: string
  readonly change: Change
}

export interface FindingFilter {
  readonly kind?: FindingKind | undefined
  readonly change?: Change | undefined
  /** A part of the URL. */
  readonly text?: string | undefined
}

/** Sites and what is known of them. Whoever asks gives a name, and sees what is theirs. */
export class Sites {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  list(owner: string): Promise<Site[]> {
    return this.#db.query<Site>(sql`select * from site where owner = ${owner} order by url`)
  }

  /** @throws HttpProblem 404, for other people's, too */
  async get(owner: string, id: string): Promise<Site> {
    const site = await this.find(id)
    if (site?.owner !== owner) throw new HttpProblem(404, { detail: 'there is no such site' })
    return site
  }

  find(id: string): Promise<Site | undefined> {
    return this.#db.maybeOne<Site>(sql`select * from site where id = ${id}`)
  }

  /** @throws HttpProblem 409 for a site that is there, 403 when there are `max` */
  async add(
    site: Pick<Site, 'owner' | 'url' | 'schedule' | 'webhook'>,
    max: number,
  ): Promise<string> {
    const { owner, url, schedule, webhook } = site
    const id = randomUUID()
    try {
      const { count } = await this.#db.execute(sql`
        insert into site (id, owner, url, schedule, webhook, created_at)
        select ${id}, ${owner}, ${url}, ${schedule}, ${webhook}, ${Date.now()}
        where (select count(*) from site where owner = ${owner}) < ${max}`)
      if (count === 0) throw new HttpProblem(403, { detail: `no more than ${max} sites` })
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.code !== 'UNIQUE') throw error
      throw new HttpProblem(409, { detail: 'this site is in the list' })
    }
    return id
  }

  async remove(id: string): Promise<void> {
    await this.#db.execute(sql`delete from site where id = ${id}`)
  }

  /** Which job checks it from now on. */
  async checkedBy(id: string, job: string, on: Executor = this.#db): Promise<void> {
    await on.execute(sql`update site set job = ${job} where id = ${id}`)
  }

  /** The checks of a site, the newest first. */
  history(site: string, limit = 100): Promise<Check[]> {
    return this.#db.query<Check>(
      sql`select * from site_check where site = ${site} order by begun_at desc limit ${limit}`,
    )
  }

  /** @throws HttpProblem 404 */
  async check(owner: string, id: string): Promise<Check> {
    const found = await this.#db.maybeOne<Check>(sql`
      select c.* from site_check c join site s on s.id = c.site
      where c.id = ${id} and s.owner = ${owner}`)
    if (found === undefined) throw new HttpProblem(404, { detail: 'there is no such check' })
    return found
  }

  /** Row by row: a report may be long. */
  findings(check: string, filter: FindingFilter = {}): AsyncIterable<FindingRow> {
    const { kind, change, text } = filter
    const conditions = [sql`site_check = ${check}`]
    if (kind !== undefined) conditions.push(sql`kind = ${kind}`)
    if (change !== undefined) conditions.push(sql`change = ${change}`)
    if (text !== undefined) conditions.push(sql`lower(url) like ${likeText(text)} escape '!'`)
    return this.#db.stream<FindingRow>(sql`
      select kind, url, detail, linked_from, change from finding
      where ${sql.join(conditions, sql` and `)} order by kind, url`)
  }

  /** What the last check of a site found that is still there. */
  async known(site: string): Promise<Finding[]> {
    const [last] = await this.history(site, 1)
    if (last === undefined) return []
    const found: Finding[] = []
    for await (const row of this.findings(last.id)) {
      const { kind, url, detail, linked_from: from, change } = row
      if (change !== 'mended') found.push({ kind, url, detail, linkedFrom: from.split('\n') })
    }
    return found
  }

  /** Stores a check and what it found. */
  async store(
    tx: Executor,
    check: Check,
    findings: readonly { readonly finding: Finding; readonly change: Change }[],
  ): Promise<void> {
    await tx.execute(sql`
      insert into site_check (id, site, begun_at, ended_at, pages, findings, appeared, mended)
      values (${check.id}, ${check.site}, ${check.begun_at}, ${check.ended_at}, ${check.pages},
        ${check.findings}, ${check.appeared}, ${check.mended})`)
    for (let from = 0; from < findings.length; from += 500) {
      const rows = findings
        .slice(from, from + 500)
        .map(({ finding: { kind, url, detail, linkedFrom }, change }) => [
          check.id,
          kind,
          url,
          detail,
          linkedFrom.join('\n'),
          change,
        ])
      await tx.execute(sql`
        insert into finding (site_check, kind, url, detail, linked_from, change)
        values ${sql.values(rows)}`)
    }
  }
}

function likeText(text: string): string {
  return `%${text.toLowerCase().replaceAll(/[!%_]/g, '!$&')}%`
}
