// `node worker.ts SEED STORE DELAY PER_HOST`: crawls, tells the site with every request when it began it, and says how it ended as
// a line of JSON.
import { crawl, type CrawlSession } from '@corral/crawl'
import { HttpSession } from '@corral/http'
import { run } from 'corral'

const [, , seed = '', store = '', delay = '0', perHost = '8'] = process.argv
const inner = new HttpSession({ limit: 200, limitPerHost: Number(perHost) })
const session: CrawlSession = {
  get: (url, request) => {
    const at = String(Date.now())
    return inner.get(url, { ...request, headers: { ...request.headers, 'x-at': at } })
  },
}
const started = performance.now()
const { pages, failed, queued } = await run(
  async () =>
    await crawl({
      seeds: [seed],
      store,
      scope: { within: 'anywhere' },
      session,
      limits: { concurrency: 200, concurrencyPerHost: Number(perHost), delay: Number(delay) },
    }),
)
await inner.close()
const seconds = (performance.now() - started) / 1000
const { user, system } = process.cpuUsage()
console.log(JSON.stringify({ pages, failed, queued, seconds, cpu: (user + system) / 1e6 }))
