// npm run bench:crawl:million [-- [PAGES] [HOSTS]]: crawls a synthetic site on several hosts, a million pages unless
// told otherwise, and prints every few seconds how it goes: rate, memory of the whole process, size of the store.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { crawl, type CrawlProgress } from '@corral/crawl'
import { run } from 'corral'

const [pages = 1_000_000, hosts = 8] = process.argv.slice(2).map(Number)
const port = 18_099
const script = fileURLToPath(new URL('million-site.ts', import.meta.url))
const site = spawn(process.execPath, [script, String(pages), String(hosts), String(port)], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
const home = await mkdtemp(join(tmpdir(), 'corral-million-'))
const store = join(home, 'crawl.db')
const step = Math.max(2000, pages / 50)
let due = step
let before = { pages: 0, elapsed: 0 }
let most = 0

console.log('| seconds | pages | pages/s | queued | MB | store MB |\n|---|---|---|---|---|---|')
async function report(progress: CrawlProgress): Promise<void> {
  const { elapsed, pages: done, queued } = progress
  const rate = ((done - before.pages) * 1000) / Math.max(1, elapsed - before.elapsed)
  before = { pages: done, elapsed }
  const { size } = await stat(store)
  const memory = (process.memoryUsage.rss() / 2 ** 20).toFixed(0)
  const row = [(elapsed / 1000).toFixed(0), done, rate.toFixed(0), queued, memory]
  console.log(`| ${row.join(' | ')} | ${(size / 2 ** 20).toFixed(0)} |`)
}

try {
  await once(site.stdout, 'data')
  const last = await run(
    async () =>
      await crawl({
        seeds: [`http://127.0.1.1:${port}/0`],
        store,
        scope: { within: 'anywhere' },
        connect: { allowAddress: () => true },
        limits: { concurrency: 100, concurrencyPerHost: 25 },
        onProgress: (progress) => {
          most = Math.max(most, process.memoryUsage.rss())
          if (progress.pages < due && progress.queued > 0) return
          due = progress.pages + step
          void report(progress)
        },
      }),
  )
  const { user, system } = process.cpuUsage()
  const seconds = last.elapsed / 1000
  console.log(
    `\n${last.pages} of ${pages} pages in ${seconds.toFixed(0)} s: ${(last.pages / seconds).toFixed(0)} pages/s, ` +
      `${((user + system) / 1e6).toFixed(0)} s of CPU, at most ${(most / 2 ** 20).toFixed(0)} MB; failed ${last.failed}`,
  )
  process.exitCode = last.pages === pages ? 0 : 1
} finally {
  site.kill()
  await rm(home, { recursive: true, force: true })
}
