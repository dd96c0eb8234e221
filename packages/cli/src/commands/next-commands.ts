import { shellQuote } from '../format/shell-quote.ts'
import type { CrawlEnd, StoreSummary } from '../summary/crawl-summary.ts'
import { programName } from './program-name.ts'

export interface NextCommandsOptions {
  readonly file: string
  readonly store: StoreSummary
  /** The words of the command to repeat; left out when there is none. */
  readonly again?: readonly string[]
  /** How that command ended. */
  readonly end?: CrawlEnd
  readonly exported?: string | undefined
}

/** What can be done with a store as it stands, as commands to be copied. */
export function nextCommands(options: NextCommandsOptions): [name: string, command: string][] {
  const { file, store, again, end, exported } = options
  const on = file === 'crawl.db' ? [] : ['--store', file]
  const next: [string, string][] = []
  if (again !== undefined && store.queued > 0) {
    // Repeated as it is, a limit that was reached would end it at once.
    const bounded = end === 'max-pages' || end === 'max-total-bytes'
    next.push(['go on', line(bounded ? withoutOption(again, `--${end}`) : again)])
  }
  if (store.failed > 0) next.push(['failures', line(['crawl', 'failures', ...on])])
  if (store.skipped > 0) next.push(['skipped', line(['crawl', 'skipped', ...on])])
  if (exported === undefined && store.pages > 0) {
    next.push(['export', line(['crawl', 'export', 'pages.csv', ...on])])
  }
  return next
}

function line(words: readonly string[]): string {
  return `${programName} ${shellQuote(words)}`
}

function withoutOption(words: readonly string[], flag: string): string[] {
  return words.filter(
    (word, index) => word !== flag && words[index - 1] !== flag && !word.startsWith(`${flag}=`),
  )
}
