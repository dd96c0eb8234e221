import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Future } from 'corral'
import { startDemoSite } from '@corral/crawl'
import { shellQuote } from '../format/shell-quote.ts'
import { crawlOptions } from '../options/crawl-options.ts'
import { demoOptions } from '../options/demo-options.ts'
import { formatHelp } from '../options/format-help.ts'
import { parseOptions } from '../options/parse-options.ts'
import { requireNone } from '../options/require-none.ts'
import type { Command } from './command.ts'
import { programName } from './program-name.ts'
import { runCrawl } from './run-crawl.ts'

const about = 'crawl a small site that is served here, on loopback'

export const demoCommand: Command = {
  about,
  run: async (args) => {
    const { values, positionals } = parseOptions(demoOptions, args)
    if (values.help) {
      process.stdout.write(
        formatHelp(demoOptions, {
          usage: ['corral demo [options]'],
          about: `Demo: ${about}.`,
          examples: [['corral demo --serve --port 8080', 'only the site, for crawls of your own']],
        }),
      )
      return 0
    }
    requireNone(positionals)
    const { port } = values
    await using site = await startDemoSite(port === undefined ? {} : { port })
    if (!values.json && !values.quiet) {
      process.stderr.write(`The demo site is served on ${site.url}\n`)
    }
    if (values.serve) return await new Future<never>().wait()
    const store = values.store ?? join(mkdtempSync(join(tmpdir(), 'corral-demo-')), 'demo.db')
    const settings = { ...parseOptions(crawlOptions, []).values, ...values, store }
    const again = `${programName} ${shellQuote(['demo', '--port', new URL(site.url).port, '--store', store])}`
    return await runCrawl([site.url], settings, again)
  },
}
