import { openReader } from '@corral/crawl'
import { withoutCredentials } from '../format/without-secrets.ts'
import { formatHelp } from '../options/format-help.ts'
import { readSettings } from '../options/read-settings.ts'
import { requireNone } from '../options/require-none.ts'
import { storeOptions } from '../options/store-options.ts'
import { summarizeStore } from '../summary/crawl-summary.ts'
import { formatSummary } from '../summary/format-summary.ts'
import { nextCommands } from './next-commands.ts'
import { print } from '../output/print.ts'

/** Shows how far a crawl is, also while it runs. */
export async function crawlStatus(args: readonly string[]): Promise<number> {
  const { values, positionals } = readSettings(storeOptions, args)
  if (values.help) {
    print(help())
    return 0
  }
  requireNone(positionals)
  await using reader = await openReader(values.store)
  const store = await summarizeStore(reader)
  const file = withoutCredentials(values.store)
  print(
    values.json
      ? `${JSON.stringify({ type: 'status', store: file, ...store })}\n`
      : formatSummary(store, { file, next: nextCommands({ file, store }) }),
  )
  return 0
}

function help(): string {
  return formatHelp(storeOptions, {
    usage: ['corral crawl status [options]'],
    about: 'Shows how far a crawl is, also while it runs.',
    examples: [['corral crawl status --store docs.db', 'of the crawl in docs.db']],
  })
}
