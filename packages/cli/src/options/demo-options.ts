import type { OptionTable } from './option.ts'
import { count, port, store } from './value-kind.ts'

/** What `corral demo` can be told. */
export interface DemoSettings {
  readonly port: number | undefined
  readonly store: string | undefined
  readonly dashboard: number | undefined
  readonly serve: boolean
  readonly json: boolean
  readonly quiet: boolean
  readonly debug: boolean
  readonly help: boolean
}

export const demoOptions: OptionTable<DemoSettings> = {
  port: { takes: count(1, 65_535), help: 'of the site; a free one when left out' },
  store: { takes: store, help: 'where to crawl to; a temporary file when left out' },
  dashboard: { takes: port, alone: '0', help: 'show the crawl in a browser, on loopback' },
  serve: { help: 'only serve the site, until Ctrl-C' },
  json: { help: 'progress and summary as lines of JSON on stdout' },
  quiet: { short: 'q', help: 'no progress, only the summary' },
  debug: { help: 'show the stack of errors' },
  help: { short: 'h', help: 'show this', flagOnly: true },
}
