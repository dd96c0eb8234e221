import { StoreReader, type ErrorRow } from '@corral/crawl'
import { formatTable } from '../format/format-table.ts'
import { printable } from '../format/printable.ts'
import { formatHelp } from '../options/format-help.ts'
import { readSettings } from '../options/read-settings.ts'
import { requireNone } from '../options/require-none.ts'
import { storeOptions } from '../options/store-options.ts'
import { print, printed } from '../output/print.ts'

/** Lists the URLs that failed, and why. */
export async function crawlFailures(args: readonly string[]): Promise<number> {
  const { values, positionals } = readSettings(storeOptions, args)
  if (values.help) {
    print(help())
    return 0
  }
  requireNone(positionals)
  using reader = new StoreReader(values.store)
  for (const rows of inBlocks(reader.errors(), 1000)) {
    const lines = values.json ? rows.map((row) => JSON.stringify(row)) : tableOf(rows)
    print(`${lines.join('\n')}\n`)
    await printed()
  }
  return 0
}

function tableOf(rows: readonly ErrorRow[]): string[] {
  const columns = rows.map(({ url, kind, code, message }): [string, string] => [
    kind === 'http' ? code : printable(`${kind} ${code}`),
    printable(`${url}  ${message}`),
  ])
  return formatTable(columns, '')
}

function* inBlocks<T>(items: Iterable<T>, size: number): Generator<T[], void, undefined> {
  let block: T[] = []
  for (const item of items) {
    if (block.push(item) < size) continue
    yield block
    block = []
  }
  if (block.length > 0) yield block
}

function help(): string {
  return formatHelp(storeOptions, {
    usage: ['corral crawl failures [options]'],
    about: 'Lists the URLs that failed, and why.',
    examples: [['corral crawl failures --json', 'one object a line']],
  })
}
