/** Crawls `argv[2]` into the store `argv[3]` and says so when it is done: to be killed meanwhile. */
import { crawl } from '../../src/crawl/crawl.ts'

const [, , seed = '', store = '', within = 'host'] = process.argv
process.stdout.write('started\n')
const limits = { concurrency: 16, concurrencyPerHost: 16, retryDelay: 20 }
const anywhere = {
  scope: { within: 'anywhere' },
  connect: { allowAddress: () => true },
} as const
const { pages } = await crawl({
  seeds: [seed],
  store,
  limits,
  ...(within === 'anywhere' ? anywhere : {}),
})
process.stdout.write(`done ${pages}\n`)
