// Crawlee's CheerioCrawler, concurrency 100, storage in memory: its fastest way that parses.
// `node crawlee.js BASE COUNT DIRECTORY`, where DIRECTORY has @crawlee/cheerio installed.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { measured } from '../measured.js'

const [base = '', , directory = ''] = process.argv.slice(2)
const { resolve } = createRequire(join(directory, 'package.json'))
const { CheerioCrawler, Configuration, LogLevel, log } = await import(
  pathToFileURL(resolve('@crawlee/cheerio')).href
)
log.setLevel(LogLevel.ERROR)
await measured(async () => {
  let pages = 0
  const crawler = new CheerioCrawler(
    {
      minConcurrency: 100,
      maxConcurrency: 100,
      requestHandler: async ({ enqueueLinks }) => {
        pages++
        await enqueueLinks()
      },
    },
    new Configuration({ persistStorage: false }),
  )
  await crawler.run([`${base}/page/0.html`])
  return pages
})
process.exit() // its timers would hold it
