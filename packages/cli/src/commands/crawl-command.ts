import { shellQuote } from '../format/shell-quote.ts'
import { crawlOptions, type CrawlSettings } from '../options/crawl-options.ts'
import { formatHelp } from '../options/format-help.ts'
import { parseOptions } from '../options/parse-options.ts'
import { UsageError } from '../options/usage-error.ts'
import type { Command } from './command.ts'
import { crawlExport } from './crawl-export.ts'
import { crawlFailures } from './crawl-failures.ts'
import { crawlStatus } from './crawl-status.ts'
import { programName } from './program-name.ts'
import { programVersion } from './program-version.ts'
import { runCrawl } from './run-crawl.ts'
import { startUrls } from './start-urls.ts'

/** None of these is a URL, so that they cannot be meant as one. */
const onStores: ReadonlyMap<string, Command> = new Map([
  ['status', crawlStatus],
  ['failures', crawlFailures],
  ['export', crawlExport],
])

export const crawlCommand: Command = {
  about: 'fetch pages, follow their links, store everything',
  run: (args) => {
    const [first = '', ...rest] = args
    return onStores.get(first)?.run(rest) ?? crawlFrom(args)
  },
}

async function crawlFrom(args: readonly string[]): Promise<number> {
  const { values, positionals, given } = parseOptions(crawlOptions, args)
  if (values.help) {
    process.stdout.write(crawlHelp())
    return 0
  }
  if (values.version) {
    process.stdout.write(`${programVersion()}\n`)
    return 0
  }
  requireOneScope(values, given)
  const seeds = startUrls(positionals)
  return runCrawl(seeds, values, `${programName} ${shellQuote(['crawl', ...args])}`)
}

function requireOneScope(values: CrawlSettings, given: ReadonlySet<string>): void {
  if (values.sameHost && given.has('scope') && values.scope !== 'host') {
    throw new UsageError(
      `--same-host and --scope ${values.scope} exclude each other; leave one out`,
    )
  }
}

function crawlHelp(): string {
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
