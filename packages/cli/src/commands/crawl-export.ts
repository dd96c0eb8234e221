import { exportStore } from '@corral/crawl'
import { formatCount } from '../format/format-count.ts'
import { printable } from '../format/printable.ts'
import { formatHelp } from '../options/format-help.ts'
import { readSettings } from '../options/read-settings.ts'
import { requireNone } from '../options/require-none.ts'
import { exportOptions } from '../options/store-options.ts'
import { UsageError } from '../options/usage-error.ts'
import { exportFile } from '../options/value-kind.ts'
import { requireWritable } from './require-writable.ts'
import { print } from '../output/print.ts'

/** Writes pages and failures to a file. */
export async function crawlExport(args: readonly string[]): Promise<number> {
  const { values, positionals } = readSettings(exportOptions, args)
  if (values.help) {
    print(help())
    return 0
  }
  const file = fileOf(positionals)
  requireWritable('export', file)
  const rows = await exportStore(values.store, file, { bom: values.bom })
  print(
    values.json
      ? `${JSON.stringify({ type: 'export', file, rows })}\n`
      : `${formatCount(rows)} rows written to ${printable(file)}\n`,
  )
  return 0
}

function fileOf([file, ...surplus]: readonly string[]): string {
  requireNone(surplus)
  const { rule, parse } = exportFile
  if (file === undefined) throw new UsageError(`no file given; give ${rule}`)
  if (parse(file) === undefined) throw new UsageError(`the file must be ${rule}, got "${file}"`)
  return file
}

function help(): string {
  return formatHelp(exportOptions, {
    usage: ['corral crawl export [options] <file.jsonl|file.csv>'],
    about: 'Writes pages and failures to a file.',
    examples: [['corral crawl export out.csv --store docs.db', 'the crawl in docs.db']],
  })
}
