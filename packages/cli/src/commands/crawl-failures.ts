import type { ErrorRow } from '@corral/crawl'
import { printable } from '../format/printable.ts'
import { listCommand } from './list-command.ts'

/** Lists the URLs that failed, and why. */
export const crawlFailures: (args: readonly string[]) => Promise<number> = listCommand<ErrorRow>({
  command: 'crawl failures',
  about: 'Lists the URLs that failed, and why.',
  rowsOf: (reader) => reader.errors(),
  columnsOf: ({ url, kind, code, message }) => [
    kind === 'http' ? code : printable(`${kind} ${code}`),
    printable(`${url}  ${message}`),
  ],
})
