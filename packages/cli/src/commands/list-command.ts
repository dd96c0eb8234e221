import { openReader, type StoreReading } from '@corral/crawl'
import { formatTable } from '../format/format-table.ts'
import { formatHelp } from '../options/format-help.ts'
import { readSettings } from '../options/read-settings.ts'
import { requireNone } from '../options/require-none.ts'
import { storeOptions } from '../options/store-options.ts'
import { print } from '../output/print.ts'
import { jsonLines, printRows } from '../output/print-rows.ts'

/** What a command lists of a store. */
export interface Listing<Row> {
  /** As it is typed, such as `crawl failures`. */
  readonly command: string
  readonly about: string
  readonly rowsOf: (reader: StoreReading) => Iterable<Row> | AsyncIterable<Row>
  readonly columnsOf: (row: Row) => [string, string]
}

/** Makes a command that lists rows of a store, as a table or as lines of JSON. */
export function listCommand<Row>(
  listing: Listing<Row>,
): (args: readonly string[]) => Promise<number> {
  const { command, about, rowsOf, columnsOf } = listing
  return async (args) => {
    const { values, positionals } = readSettings(storeOptions, args)
    if (values.help) {
      print(
        formatHelp(storeOptions, {
          usage: [`corral ${command} [options]`],
          about,
          examples: [[`corral ${command} --json`, 'one object a line']],
        }),
      )
      return 0
    }
    requireNone(positionals)
    await using reader = await openReader(values.store)
    await printRows(
      rowsOf(reader),
      values.json ? jsonLines : (rows) => formatTable(rows.map(columnsOf), ''),
    )
    return 0
  }
}
