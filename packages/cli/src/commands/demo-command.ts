import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Future } from 'corral'
import { crawlOptions } from '../options/crawl-options.ts'
import { demoOptions } from '../options/demo-options.ts'
import { formatHelp } from '../options/format-help.ts'
import { parseOptions } from '../options/parse-options.ts'
import { requireNone } from '../options/require-none.ts'
import { print } from '../output/print.ts'

/** Serves the demo site on loopback, and crawls it. */
export async function demoCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(demoOptions, args)
  if (values.help) {
    print(help())
    return 0
  }
  requireNone(positionals)

  const { startDemoSite } = await import('@corral/crawl')
  const { runCrawl } = await import('./run-crawl.ts')
  const { port, json, quiet } = values
  await using site = await startDemoSite(port === undefined ? {} : { port })
  if (!json && !quiet) process.stderr.write(`The demo site is served on ${site.url}\n`)
  if (values.serve) return await new Future<never>().wait()

  const store = values.store ?? join(await mkdtemp(join(tmpdir(), 'corral-demo-')), 'demo.db')
  const settings = { ...parseOptions(crawlOptions, []).values, ...values, store }
  const again = ['demo', '--port', new URL(site.url).port, '--store', store]
  return await runCrawl([site.url], settings, again)
}

function help(): string {
  return formatHelp(demoOptions, {
    usage: ['corral demo [options]'],
    about:
      'Crawls a small site that is served here, on loopback, with everything in it that\ncrawlers stumble over.',
    examples: [
      ['corral demo', 'into a temporary file'],
      ['corral demo --serve --port 8080', 'only the site, for crawls of your own'],
    ],
  })
}
