import { printable } from '../format/printable.ts'
import { withoutCredentials } from '../format/without-secrets.ts'
import { formatHelp } from '../options/format-help.ts'
import { readSettings } from '../options/read-settings.ts'
import { requireNone } from '../options/require-none.ts'
import { storeOptions } from '../options/store-options.ts'
import { UsageError } from '../options/usage-error.ts'
import { reportFile } from '../options/value-kind.ts'
import { writeReport } from '../report/write-report.ts'
import { requireWritable } from './require-writable.ts'
import { print } from '../output/print.ts'

/** Writes a report on a store. */
export async function crawlReport(args: readonly string[]): Promise<number> {
  const { values, positionals } = readSettings(storeOptions, args)
  if (values.help) {
    print(help())
    return 0
  }
  const [file = 'report.html', ...surplus] = positionals
  requireNone(surplus)
  const { rule, parse } = reportFile
  if (parse(file) === undefined) throw new UsageError(`the file must be ${rule}, got "${file}"`)
  requireWritable('report', file)
  await writeReport(values.store, file)
  print(
    values.json
      ? `${JSON.stringify({ type: 'report', file, store: withoutCredentials(values.store) })}\n`
      : `report written to ${printable(file)}\n`,
  )
  return 0
}

function help(): string {
  return formatHelp(storeOptions, {
    usage: ['corral crawl report [options] [file.html]'],
    about: 'Writes a report: answers, failures, broken links, redirects, slow and big pages.',
    examples: [['corral crawl report docs.html --store docs.db', 'on the crawl in docs.db']],
  })
}
