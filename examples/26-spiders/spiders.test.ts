import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StoreReader } from '@corral/crawl'
import { run } from 'corral'
import { expect, it, onTestFinished } from 'vitest'
import { readProducts } from './api-spider.ts'
import { readForum, type Post } from './forum-spider.ts'
import { openSites } from './sites.ts'

function newStore(): string {
  const folder = mkdtempSync(join(tmpdir(), 'spiders-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'crawl.db')
}

it('26-spiders reads every product of an API that is in stock, and stores no secret', async () => {
  const store = newStore()
  await run(async () => {
    await using site = await openSites()
    const products = await readProducts(site.url, store)
    expect(products).toHaveLength(25)
    expect(products).toContainEqual({ name: 'Tea 7', price: 7.5, stock: 1 })
    // A second run has nothing to do.
    expect(await readProducts(site.url, store)).toEqual([])
  })
  using reader = new StoreReader(store)
  expect([...reader.items()]).toHaveLength(25)
  expect(reader.counts()).toMatchObject({ pages: 33, failed: 0 })
  expect(JSON.stringify([...reader.pages()])).not.toMatch(/secret|t1"/)
})

it('26-spiders reads every post of a forum, on every page of its threads', async () => {
  const store = newStore()
  await run(async () => {
    await using site = await openSites()
    expect(await readForum(site.url, store)).toBe(80)
  })
  using reader = new StoreReader(store)
  const posts = [...reader.items()].map(({ data }) => JSON.parse(data) as Post)
  expect(new Set(posts.map((post) => `${post.thread} ${post.author}`)).size).toBe(80)
  expect(reader.counts()).toMatchObject({ pages: 18, failed: 0 })
})
