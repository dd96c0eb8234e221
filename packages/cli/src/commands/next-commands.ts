import { shellQuote } from '../format/shell-quote.ts'
import type { StoreSummary } from '../summary/crawl-summary.ts'
import { programName } from './program-name.ts'

export interface NextCommandsOptions {
  readonly file: string
  readonly store: StoreSummary
  /** The command to repeat; left out when there is none. */
  readonly again?: string | undefined
  readonly exported?: string | undefined
}

/** What can be done with a store as it stands, as commands to be copied. */
export function nextCommands(options: NextCommandsOptions): [name: string, command: string][] {
  const { file, store, again, exported } = options
  const on = file === 'crawl.db' ? [] : ['--store', file]
  const next: [string, string][] = []
  if (again !== undefined && store.queued > 0) next.push(['go on', again])
  if (store.failed > 0) next.push(['failures', command('failures', ...on)])
  if (exported === undefined && store.pages > 0) {
    next.push(['export', command('export', 'pages.csv', ...on)])
  }
  return next
}

function command(...words: readonly string[]): string {
  return `${programName} ${shellQuote(['crawl', ...words])}`
}
