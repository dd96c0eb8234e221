import { StoreReader } from '@corral/crawl'
import { formatHelp } from '../options/format-help.ts'
import { parseOptions } from '../options/parse-options.ts'
import { requireNone } from '../options/require-none.ts'
import { storeOptions } from '../options/store-options.ts'
import { summarizeStore } from '../summary/crawl-summary.ts'
import { formatSummary } from '../summary/format-summary.ts'
import type { Command } from './command.ts'
import { nextCommands } from './next-commands.ts'

const about = 'show how far a crawl is, also while it runs'

export const crawlStatus: Command = {
  about,
  run: (args) => {
    const { values, positionals } = parseOptions(storeOptions, args)
    if (values.help) {
      process.stdout.write(
        formatHelp(storeOptions, {
          usage: ['corral crawl status [options]'],
          about: `Status: ${about}.`,
          examples: [['corral crawl status --store docs.db', 'of the crawl in docs.db']],
        }),
      )
      return 0
    }
    requireNone(positionals)
    using reader = new StoreReader(values.store)
    const store = summarizeStore(reader)
    const file = values.store
    process.stdout.write(
      values.json
        ? `${JSON.stringify({ type: 'status', store: file, ...store })}\n`
        : formatSummary(store, { file, next: nextCommands({ file, store }) }),
    )
    return 0
  },
}
