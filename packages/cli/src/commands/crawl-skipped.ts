import { StoreReader, type SkippedRow } from '@corral/crawl'
import { formatTable } from '../format/format-table.ts'
import { printable } from '../format/printable.ts'
import { formatHelp } from '../options/format-help.ts'
import { readSettings } from '../options/read-settings.ts'
import { requireNone } from '../options/require-none.ts'
import { storeOptions } from '../options/store-options.ts'
import { print } from '../output/print.ts'
import { printRows } from '../output/print-rows.ts'

/** Lists the URLs that are not followed, and why. */
export async function crawlSkipped(args: readonly string[]): Promise<number> {
  const { values, positionals } = readSettings(storeOptions, args)
  if (values.help) {
    print(help())
    return 0
  }
  requireNone(positionals)
  using reader = new StoreReader(values.store)
  await printRows(reader.skipped(), values.json, tableOf)
  return 0
}

function tableOf(rows: readonly SkippedRow[]): string[] {
  const columns = rows.map(({ url, reason }): [string, string] => [reason, printable(url)])
  return formatTable(columns, '')
}

function help(): string {
  return formatHelp(storeOptions, {
    usage: ['corral crawl skipped [options]'],
    about: 'Lists the URLs that are not followed, and why.',
    examples: [['corral crawl skipped --json', 'one object a line']],
  })
}
