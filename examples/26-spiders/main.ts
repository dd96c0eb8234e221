// Two spiders: one for an API that has a login and answers page by page, one for a forum; both go on where they stopped.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from 'corral'
import { readProducts } from './api-spider.ts'
import { readForum } from './forum-spider.ts'
import { openSites } from './sites.ts'

await run(async () => {
  await using site = await openSites()
  const folder = await mkdtemp(join(tmpdir(), 'spiders-'))
  try {
    const products = await readProducts(site.url, join(folder, 'shop.db'))
    const dearest = products.toSorted((a, b) => b.price - a.price)[0]
    console.log(`${products.length} products, the dearest ${dearest?.name}`)
    console.log(`${await readForum(site.url, join(folder, 'forum.db'))} posts`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
