import type { SkippedRow } from '@corral/crawl'
import { printable } from '../format/printable.ts'
import { listCommand } from './list-command.ts'

/** Lists the URLs that are not followed, and why. */
export const crawlSkipped: (args: readonly string[]) => Promise<number> = listCommand<SkippedRow>({
  command: 'crawl skipped',
  about: 'Lists the URLs that are not followed, and why.',
  rowsOf: (reader) => reader.skipped(),
  columnsOf: ({ url, reason }) => [reason, printable(url)],
})
