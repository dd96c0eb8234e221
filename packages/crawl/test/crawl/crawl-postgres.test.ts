import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { openPostgres, sql } from '@corral/db'
import { openTestPostgres, type TestPostgres } from '@corral/db/testing'
import { gather, run, sleep, spawn as start } from 'corral'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { crawl } from '../../src/crawl/crawl.ts'
import type { CrawlOptions } from '../../src/crawl/crawl-options.ts'
import { openReader } from '../../src/store/open-reader.ts'
import { openStore } from '../../src/store/open-store.ts'
import { readAll } from '../store/stores.ts'
import { notingSession } from './noting-session.ts'
import { page, testSite, type TestSite } from './test-site.ts'

let postgres: TestPostgres
let schemas = 0
beforeAll(async () => {
  postgres = await openTestPostgres()
}, 60_000)
afterAll(async () => await postgres[Symbol.asyncDispose]())

function newStore(): string {
  return `${postgres.url}?schema=crawl_${++schemas}`
}

/** Hosts of `count` pages each, all of which are linked from the first page of the first. */
async function sites(hosts: number, count: number, slow = 0): Promise<TestSite[]> {
  const all: TestSite[] = []
  for (let host = 0; host < hosts; host++) {
    all.push(
      await testSite((response, path) => {
        const links =
          path === '/0' && host === 0
            ? all.flatMap(({ origin }) => Array.from({ length: count }, (_, n) => `${origin}/${n}`))
            : []
        if (path === '/robots.txt') response.writeHead(404).end()
        else {
          response.writeHead(200, { 'content-type': 'text/html' })
          setTimeout(() => response.end(page(links)), slow)
        }
      }),
    )
  }
  return all
}

function planOf(all: readonly TestSite[], store: string): CrawlOptions {
  return {
    seeds: [`${all[0]?.origin}/0`],
    store,
    scope: { within: 'anywhere' },
    connect: { allowAddress: () => true },
  }
}

test('crawls of several programs share the hosts, and fetch every page once', async () => {
  const all = await sites(8, 30, 5)
  const store = newStore()
  const limits = { concurrencyPerHost: 2 }
  await run(async () => {
    const plan = { ...planOf(all, store), limits }
    const ends = await gather([async () => await crawl(plan), async () => await crawl(plan)])
    for (const end of ends) expect(end).toMatchObject({ pages: 240, queued: 0, failed: 0 })
  })
  for (const { seen, busy } of all) {
    const pages = seen.filter(({ path }) => path !== '/robots.txt')
    expect(pages).toHaveLength(30)
    expect(busy.most).toBeLessThanOrEqual(2)
  }
  expect(await readAll(store, (reader) => reader.pages())).toHaveLength(240)
}, 60_000)

test('a host that changes hands is not asked before its delay is over', async () => {
  const all = await sites(4, 12)
  const { session, starts } = notingSession()
  await using _ = session
  const limits = { delay: 60, concurrencyPerHost: 1 }
  const plan = { ...planOf(all, newStore()), session, limits }
  await run(async () => {
    await crawl({ ...plan, limits: { ...limits, maxPages: 10 } })
    await gather([async () => await crawl(plan), async () => await crawl(plan)])
  })
  for (const { seen, origin } of all) {
    const times = starts.get(origin) ?? []
    const gaps = times.slice(1).map((at, i) => at - (times[i] ?? 0))
    expect(Math.min(...gaps)).toBeGreaterThan(58)
    expect(new Set(seen.map(({ path }) => path)).size).toBe(13)
  }
}, 60_000)

test('what a program had that is killed is taken over within 15 s', async () => {
  const all = await sites(6, 40, 20)
  const store = newStore()
  const script = fileURLToPath(new URL('./crawl-into.ts', import.meta.url))
  const child = spawn(
    process.execPath,
    ['--conditions=@corral/source', script, `${all[0]?.origin}/0`, store, 'anywhere'],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  const requests = (): number => all.reduce((sum, { seen }) => sum + seen.length, 0)
  await run(async () => {
    while (requests() < 60) await sleep(5)
    const crawling = start(async () => await crawl(planOf(all, store)))
    await sleep(50)
    child.kill('SIGKILL')
    const killedAt = performance.now()
    expect(await crawling).toMatchObject({ pages: 240, queued: 0, failed: 0 })
    expect(performance.now() - killedAt).toBeLessThan(20_000)
  })
  for (const { seen } of all) {
    const times = seen.map(({ at }) => at)
    const longest = Math.max(...times.slice(1).map((at, i) => at - (times[i] ?? 0)))
    expect(longest).toBeLessThan(15_000)
    expect(new Set(seen.map(({ path }) => path)).size).toBe(41)
  }
  expect(await readAll(store, (reader) => reader.pages())).toHaveLength(240)
}, 90_000)

test('a program that others took over from stores nothing more, and says so', async () => {
  const all = await sites(1, 50, 30)
  const store = newStore()
  await using db = await openPostgres(postgres.url)
  const schema = `crawl_${schemas}`
  await run(async () => {
    const crawling = start(
      async () =>
        await crawl(planOf(all, store)).then(
          () => 'done',
          (error: unknown) => (error as { code?: unknown }).code,
        ),
    )
    while ((all[0]?.seen.length ?? 0) < 10) await sleep(5)
    await db.transaction(async (tx) => {
      await tx.execute(sql`update ${sql.identifier(schema, 'origin')} set worker_id = null`)
      await tx.execute(sql`delete from ${sql.identifier(schema, 'worker')}`)
    })
    expect(await crawling).toBe('STORE_LEASE_LOST')
    expect(await crawl(planOf(all, store))).toMatchObject({ pages: 50, queued: 0 })
  })
  expect(await readAll(store, (reader) => reader.pages())).toHaveLength(50)
}, 60_000)

test('openStore says what is wrong with a database, and never its password', async () => {
  const closed = 'postgres://me:secret@127.0.0.1:1/x'
  const error = await openStore(closed).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'STORE_UNREACHABLE', file: 'postgres://127.0.0.1:1/x' })
  expect(String(error)).not.toContain('secret')
  await expect(openStore(`${postgres.url}?schema=No%20name`)).rejects.toMatchObject({
    code: 'MISUSE',
  })
  await using db = await openPostgres(postgres.url)
  await db.execute(sql`create schema other`)
  await db.execute(sql`create table other.page (x int)`)
  await expect(openStore(`${postgres.url}?schema=other`)).rejects.toMatchObject({
    code: 'STORE_FOREIGN',
  })
  await expect(openReader(`${postgres.url}?schema=none`)).rejects.toMatchObject({
    code: 'STORE_MISSING',
  })
})
