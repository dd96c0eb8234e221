import { extractStored } from '@corral/crawl'
import { checkedValue } from '../options/checked-value.ts'
import { extractOptions } from '../options/extract-options.ts'
import { extraction } from '../options/extraction.ts'
import { formatHelp } from '../options/format-help.ts'
import { readSettings } from '../options/read-settings.ts'
import { UsageError } from '../options/usage-error.ts'
import { formatCount } from '../format/format-count.ts'
import { printable } from '../format/printable.ts'
import { withoutCredentials } from '../format/without-secrets.ts'
import { extractionOptions } from './extraction-options.ts'
import { FailureError } from './failure-error.ts'
import { print } from '../output/print.ts'

/** Extracts again from the bodies that a crawl has kept. */
export async function crawlExtract(args: readonly string[]): Promise<number> {
  const { values, positionals } = readSettings(extractOptions, args)
  if (values.help) {
    print(help())
    return 0
  }
  const named = positionals.map((text) => checkedValue('what is extracted', text, extraction))
  const wanted = named.length > 0 ? named : values.extract
  if (wanted.length === 0) {
    throw new UsageError(`nothing to extract; give ${extraction.rule}`)
  }
  const file = withoutCredentials(values.store)
  const { pages, failed } = await extractStored({
    store: values.store,
    ...extractionOptions(wanted),
    onFailure: (url, error) => {
      process.stderr.write(`${printable(`${url}  ${(error as Error).message}`)}\n`)
    },
  })
  if (pages === 0) {
    throw new FailureError(`${printable(file)} has no bodies of pages; crawl with --keep bodies`)
  }
  print(
    values.json
      ? `${JSON.stringify({ type: 'extract', store: file, pages, failed })}\n`
      : `${formatCount(pages - failed)} records of ${printable(file)} extracted from the bodies that were kept${failed === 0 ? '' : `; ${formatCount(failed)} pages could not be read`}\n`,
  )
  return 0
}

function help(): string {
  return formatHelp(extractOptions, {
    usage: ['corral crawl extract [options] <name=css...>'],
    about:
      'Extracts again from the bodies that a crawl with --keep bodies has kept.\nNothing is fetched; what was extracted before is replaced.',
    examples: [
      ['corral crawl extract title=h1 tags[]=.tag', 'from the pages in crawl.db'],
      ['corral crawl export titles.jsonl', 'then writes them to a file'],
    ],
  })
}
