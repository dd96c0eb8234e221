import { crawlOptions, type CrawlSettings } from '../options/crawl-options.ts'
import { formatHelp } from '../options/format-help.ts'
import { parseOptions } from '../options/parse-options.ts'
import { UsageError } from '../options/usage-error.ts'
import type { Command, RunCommand } from './command.ts'
import { programVersion } from './program-version.ts'
import { startUrls } from './start-urls.ts'

/** What works on a store that is there. None of these is a URL, so that they cannot be meant as one. */
const onStores: ReadonlyMap<string, Command['load']> = new Map<string, Command['load']>([
  ['status', async () => (await import('./crawl-status.ts')).crawlStatus],
  ['failures', async () => (await import('./crawl-failures.ts')).crawlFailures],
  ['export', async () => (await import('./crawl-export.ts')).crawlExport],
  ['retry-failed', async () => (await import('./crawl-retry-failed.ts')).crawlRetryFailed],
])

/** Crawls from URLs, or does something with a crawl that is there. */
export const crawlCommand: RunCommand = async (args) => {
  const [first = '', ...rest] = args
  const load = onStores.get(first)
  return load === undefined ? crawlFrom(args) : (await load())(rest)
}

async function crawlFrom(args: readonly string[]): Promise<number> {
  const { values, positionals, given } = parseOptions(crawlOptions, args)
  if (values.help || values.version) {
    process.stdout.write(values.help ? help() : `${programVersion()}\n`)
    return 0
  }
  requireOneScope(values, given)
  const seeds = startUrls(positionals)
  const { runCrawl } = await import('./run-crawl.ts')
  return await runCrawl(seeds, values, ['crawl', ...args])
}

function requireOneScope(values: CrawlSettings, given: ReadonlySet<string>): void {
  if (values.sameHost && given.has('scope') && values.scope !== 'host') {
    throw new UsageError(
      `--same-host and --scope ${values.scope} exclude each other; leave one out`,
    )
  }
}

function help(): string {
  return formatHelp(crawlOptions, {
    usage: [
      'corral crawl [options] <url...>',
      `corral crawl ${[...onStores.keys()].join('|')} [--store <file>]`,
    ],
    about:
      'Fetches pages and follows their links, politely; everything is kept in one file.\n' +
      'Interrupted or killed, the same command goes on where it stopped.',
    examples: [
      ['corral crawl https://example.org/', 'one host, into crawl.db'],
      ['corral crawl --depth 2 --export out.csv <url>', 'near pages, as a table'],
      ['corral crawl --scope prefix --delay 1s <url>', 'one directory, slowly'],
      ['corral crawl failures', 'what failed, and why'],
    ],
  })
}
