import { MisuseError } from 'corral'
import { crawlOptions, type CrawlSettings } from '../options/crawl-options.ts'
import { formatFullHelp, formatHelp, type HelpText } from '../options/format-help.ts'
import { readSettings } from '../options/read-settings.ts'
import { UsageError } from '../options/usage-error.ts'
import type { RunCommand } from './command.ts'
import { programVersion } from './program-version.ts'
import { startUrls } from './start-urls.ts'
import { storeCommands } from './store-commands.ts'
import { print } from '../output/print.ts'

/** Crawls from URLs, or does something with a crawl that is there. */
export const crawlCommand: RunCommand = async (args) => {
  const [first = '', ...rest] = args
  const command = storeCommands.get(first)
  return command === undefined ? crawlFrom(args) : (await command.load())(rest)
}

async function crawlFrom(args: readonly string[]): Promise<number> {
  const { values, positionals, given, config } = readSettings(crawlOptions, args)
  if (values.help) {
    print(positionals[0] === 'all' ? formatFullHelp(crawlOptions, text) : help())
    return 0
  }
  if (values.version) {
    print(`${programVersion()}\n`)
    return 0
  }
  const settings = withOneScope(values, given)
  const named = positionals.length > 0 ? positionals : (config?.urls() ?? [])
  const urls =
    settings.seeds === undefined ? named : [...named, ...(await seedsFrom(settings.seeds))]
  // Sitemaps alone will do.
  const seeds = urls.length === 0 && settings.sitemap.length > 0 ? [] : startUrls(urls)
  if (seeds.length === 0 && settings.header.length > 0 && settings.headerOrigin.length === 0) {
    throw new UsageError(
      '--header goes to the hosts of the URLs given, and there is none; give one, or --header-origin',
    )
  }
  const { runCrawl } = await import('./run-crawl.ts')
  return await checked(() => runCrawl(seeds, settings, ['crawl', ...args]))
}

/** The URLs in a file, or in what is piped in. */
async function seedsFrom(name: string): Promise<readonly string[]> {
  if (name === '-' && process.stdin.isTTY) {
    throw new UsageError('--seeds - reads URLs that are piped in, and nothing is')
  }
  const { readSeeds } = await import('@corral/crawl')
  return await checked(() => readSeeds(name === '-' ? process.stdin : name))
}

/** What the library says of its options is said of the command line. */
async function checked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof MisuseError)) throw error
    throw new UsageError(error.message.replace(/^\w+: /, ''), { cause: error })
  }
}

/** `--same-host` beats a scope that was named at a lesser place, and contradicts one of its own. */
function withOneScope(values: CrawlSettings, given: ReadonlyMap<string, number>): CrawlSettings {
  if (!values.sameHost || values.scope === 'host') return values
  const [host = 0, scope = 0] = [given.get('sameHost'), given.get('scope')]
  if (host > scope) return { ...values, scope: 'host' }
  if (host < scope) return values
  throw new UsageError(`--same-host and --scope ${values.scope} exclude each other; leave one out`)
}

const text: HelpText = {
  usage: ['corral crawl [options] <url...>', `corral crawl ${[...storeCommands.keys()].join('|')}`],
  about:
    'Fetches pages and follows their links, politely; everything is kept in one file.\n' +
    'Interrupted or killed, the same command goes on where it stopped.',
  examples: [
    ['corral crawl https://example.org/', 'one host, into crawl.db'],
    ['corral crawl --scope prefix --delay 1s <url>', 'one directory, slowly'],
    ['corral crawl failures', 'what failed, and why'],
  ],
}

function help(): string {
  return formatHelp(crawlOptions, { ...text, more: 'All options: corral crawl --help all' })
}
