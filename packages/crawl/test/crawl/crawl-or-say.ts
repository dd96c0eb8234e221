/** Crawls `argv[2]` into the store `argv[3]`, and says how it ended. */
import { crawl } from '../../src/crawl/crawl.ts'

const [, , seed = '', store = ''] = process.argv
try {
  const { pages } = await crawl({ seeds: [seed], store, limits: { retryDelay: 20 } })
  console.log(`done ${pages}`)
} catch (error) {
  const { name, code, message } = error as { name?: string; code?: string; message?: string }
  console.log(`${name} ${code}: ${message}`)
}
