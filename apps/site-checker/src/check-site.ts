import { crawl, publicAddresses, StoreError, StoreReader } from '@corral/crawl'
import type { CrawlOptions, CrawlProgress } from '@corral/crawl'
import type { Database, Transaction } from '@corral/db'
import { job } from '@corral/jobs'
import type { Job } from '@corral/jobs'
import { fixed, retry } from 'corral'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from './config.ts'
import { compare, findingsOf } from './findings.ts'
import type { Finding } from './findings.ts'
import type { Sites } from './sites.ts'
import type { News } from './webhook.ts'

export interface CheckInput {
  readonly site: string
}

export type CheckProgress = Pick<CrawlProgress, 'pages' | 'queued' | 'failed'>

const HOUR = 3600_000

interface Parts {
  readonly config: Config
  readonly db: Database
  readonly sites: Sites
  /** Tells whoever wants to know of changes, in the transaction that stores them. */
  readonly tell: (news: News, tx: Transaction) => Promise<unknown>
}

/**
 * Crawls a site, stores what there is to say about it and how that differs from the last time. A check that is cut off goes on
 * where it stood: the crawl keeps its place in a file named after the job, in a folder of the site.
 */
export function checkSite({ config, db, sites, tell }: Parts): Job<CheckInput, void> {
  return job(
    'check',
    async ({ site: id }: CheckInput, run) => {
      const site = await sites.find(id)
      if (site === undefined) return // removed meanwhile
      await sites.checkedBy(id, run.id)
      const folder = join(config.dataDir, 'crawls', id)
      const isOwn = (name: string): boolean => name.startsWith(`${run.id}.`)
      await mkdir(folder, { recursive: true })
      await removeFiles(folder, (name) => !isOwn(name))
      const store = join(folder, `${run.id}.db`)
      const begunAt = Date.now()
      await crawlInTurn({
        seeds: [site.url],
        store,
        userAgent: 'site-checker (+https://github.com/corral/site-checker)',
        limits: { maxPages: config.maxPages, maxTime: HOUR, concurrencyPerHost: 4 },
        // Whoever names a site is a stranger to this network: no address of it is asked for.
        connect: { allowAddress: publicAddresses(config.privateSites) },
        findSitemaps: true,
        onProgress: ({ pages, queued, failed }) => {
          run.progress({ pages, queued, failed }).catch(() => {}) // the next one may be told again
        },
        progressInterval: 500,
      })
      const known = await sites.known(id)
      const { pages, found } = readCrawl(store, config.slowAfter)
      const changes = compare(known, found)
      const count = (change: string): number =>
        changes.filter((one) => one.change === change).length
      const [appeared, mended] = [count('appeared'), count('mended')]
      const findings = changes.length - mended
      const check = { id: run.id, site: id, begun_at: begunAt, ended_at: Date.now() }
      await db.transaction(async (tx) => {
        await sites.store(tx, { ...check, pages, findings, appeared, mended }, changes)
        if (site.webhook !== null && appeared + mended > 0) {
          const { url, webhook } = site
          await tell({ webhook, site: url, check: run.id, findings, appeared, mended }, tx)
        }
        await run.finishIn(tx, undefined)
      })
      await removeFiles(folder, isOwn)
    },
    {
      attempts: 3,
      timeout: HOUR + 60_000,
      unique: ({ site }) => site,
    },
  )
}

/** Removes files of a site's crawls: what a check that was cancelled has left there, or those of the check itself. */
async function removeFiles(folder: string, which: (name: string) => boolean): Promise<void> {
  for (const name of await readdir(folder)) {
    if (which(name)) await rm(join(folder, name), { force: true })
  }
}

function readCrawl(store: string, slowAfter: number): { pages: number; found: Finding[] } {
  using crawled = new StoreReader(store)
  return { pages: crawled.counts().pages, found: findingsOf(crawled, slowAfter) }
}

/** A worker that was frozen, and lost this check, has the store until it hears of that: then it is ours. */
function crawlInTurn(options: CrawlOptions): Promise<unknown> {
  return retry(() => crawl(options), {
    attempts: Infinity,
    backoff: fixed(500),
    shouldRetry: (error) => error instanceof StoreError && error.code === 'STORE_IN_USE',
  })
}
