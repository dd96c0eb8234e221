import { StoreReader, type ErrorRow } from '@corral/crawl'
import { formatTable } from '../format/format-table.ts'
import { printable } from '../format/printable.ts'
import { formatHelp } from '../options/format-help.ts'
import { readSettings } from '../options/read-settings.ts'
import { requireNone } from '../options/require-none.ts'
import { storeOptions } from '../options/store-options.ts'
import { print } from '../output/print.ts'
import { printRows } from '../output/print-rows.ts'

/** Lists the URLs that failed, and why. */
export async function crawlFailures(args: readonly string[]): Promise<number> {
  const { values, positionals } = readSettings(storeOptions, args)
  if (values.help) {
    print(help())
    return 0
  }
  requireNone(positionals)
  using reader = new StoreReader(values.store)
  await printRows(reader.errors(), values.json, tableOf)
  return 0
}

function tableOf(rows: readonly ErrorRow[]): string[] {
  const columns = rows.map(({ url, kind, code, message }): [string, string] => [
    kind === 'http' ? code : printable(`${kind} ${code}`),
    printable(`${url}  ${message}`),
  ])
  return formatTable(columns, '')
}

function help(): string {
  return formatHelp(storeOptions, {
    usage: ['corral crawl failures [options]'],
    about: 'Lists the URLs that failed, and why.',
    examples: [['corral crawl failures --json', 'one object a line']],
  })
}
