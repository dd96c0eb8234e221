import { crawl, publicAddresses, StoreReader } from '@corral/crawl'
import type { CrawlProgress } from '@corral/crawl'
import type { Database, Transaction } from '@corral/db'
import { job } from '@corral/jobs'
import type { Job } from '@corral/jobs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from './config.ts'
import { compare, findingsOf } from './findings.ts'
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
 * where it stood: the crawl keeps its place in a file named after the job.
 */
export function checkSite({ config, db, sites, tell }: Parts): Job<CheckInput, void> {
  return job(
    'check',
    async ({ site: id }: CheckInput, run) => {
      const site = await sites.find(id)
      if (site === undefined) return // removed meanwhile
      await sites.checkedBy(id, run.id)
      const folder = join(config.dataDir, 'crawls')
      await mkdir(folder, { recursive: true })
      const store = join(folder, `${run.id}.db`)
      const begunAt = Date.now()
      await crawl({
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
      using crawled = new StoreReader(store)
      const { pages } = crawled.counts()
      const changes = compare(known, findingsOf(crawled, config.slowAfter))
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
      await rm(store, { force: true })
    },
    {
      attempts: 3,
      timeout: HOUR + 60_000,
      unique: ({ site }) => site,
    },
  )
}
