// `node worker.ts SEED STORE DELAY PER_HOST`: crawls, and says how it ended as a line of JSON.
import { crawl } from '@corral/crawl'
import { run } from 'corral'

const [, , seed = '', store = '', delay = '0', perHost = '8'] = process.argv
const started = performance.now()
const { pages, failed, queued } = await run(
  async () =>
    await crawl({
      seeds: [seed],
      store,
      scope: { within: 'anywhere' },
      connect: { allowAddress: () => true },
      limits: { concurrency: 200, concurrencyPerHost: Number(perHost), delay: Number(delay) },
    }),
)
const seconds = (performance.now() - started) / 1000
const { user, system } = process.cpuUsage()
console.log(JSON.stringify({ pages, failed, queued, seconds, cpu: (user + system) / 1e6 }))
