import type { OptionTable } from './option.ts'
import { file, store } from './value-kind.ts'

/** What the commands that read a store can be told. */
export interface StoreSettings {
  readonly store: string
  readonly json: boolean
  readonly config: string | undefined
  readonly debug: boolean
  readonly help: boolean
}

export const storeOptions: OptionTable<StoreSettings> = {
  store: { takes: store, initial: 'crawl.db', help: 'the crawl to look at' },
  json: { help: 'lines of JSON' },
  config: { takes: file('.json'), help: 'where the store may be named [corral.config.json]' },
  debug: { help: 'show the stack of errors' },
  help: { short: 'h', help: 'show this', flagOnly: true },
}

export interface ExportSettings extends StoreSettings {
  readonly bom: boolean
}

export const exportOptions: OptionTable<ExportSettings> = {
  bom: { help: 'begin CSV with a byte order mark, for Excel' },
  ...storeOptions,
}
