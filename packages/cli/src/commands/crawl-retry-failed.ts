import { openReader, openStore } from '@corral/crawl'
import { formatCount } from '../format/format-count.ts'
import { printable } from '../format/printable.ts'
import { withoutCredentials } from '../format/without-secrets.ts'
import { formatHelp } from '../options/format-help.ts'
import { readSettings } from '../options/read-settings.ts'
import { requireNone } from '../options/require-none.ts'
import { storeOptions } from '../options/store-options.ts'
import { print } from '../output/print.ts'

/** Queues the URLs that failed again. */
export async function crawlRetryFailed(args: readonly string[]): Promise<number> {
  const { values, positionals } = readSettings(storeOptions, args)
  if (values.help) {
    print(help())
    return 0
  }
  requireNone(positionals)
  const file = withoutCredentials(values.store)
  {
    // Opening creates a store where there is none: that is for a crawl to do.
    await using _ = await openReader(values.store)
  }
  await using store = await openStore(values.store)
  const retried = store.counts.failed
  await store.retryFailed()
  print(
    values.json
      ? `${JSON.stringify({ type: 'retry-failed', store: file, retried, ...store.counts })}\n`
      : `${formatCount(retried)} URLs of ${printable(file)} queued again: give the crawl command again\n`,
  )
  return 0
}

function help(): string {
  return formatHelp(storeOptions, {
    usage: ['corral crawl retry-failed [options]'],
    about: 'Queues the URLs that failed again; the same crawl command given again fetches them.',
    examples: [['corral crawl retry-failed --store docs.db', 'of the crawl in docs.db']],
  })
}
