// The crawl: finds the pages by itself, obeys robots.txt, parses, stores pages and links durably.
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crawl } from '@corral/crawl'
import { run } from 'corral'
import { measured } from './measured.js'

const [base = ''] = process.argv.slice(2)
const store = join(tmpdir(), `corral-bench-${process.pid}.db`)
await measured(async () => {
  const { pages } = await run(() =>
    crawl({
      seeds: [`${base}/page/0.html`],
      store,
      limits: { concurrency: 100, concurrencyPerHost: 100 },
    }),
  )
  return pages
})
for (const suffix of ['', '-wal', '-shm', '-owner']) rmSync(store + suffix, { force: true })
