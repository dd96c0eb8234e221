import type { OptionTable } from './option.ts'
import { line } from './value-kind.ts'

/** What the commands that read a store can be told. */
export interface StoreSettings {
  readonly store: string
  readonly json: boolean
  readonly debug: boolean
  readonly help: boolean
}

export const storeOptions: OptionTable<StoreSettings> = {
  store: { takes: line('<file>'), initial: 'crawl.db', help: 'the crawl to look at' },
  json: { help: 'lines of JSON' },
  debug: { help: 'show the stack of errors' },
  help: { short: 'h', help: 'show this' },
}
