import { extraction, type Extraction } from './extraction.ts'
import type { OptionTable } from './option.ts'
import { storeOptions, type StoreSettings } from './store-options.ts'

/** What `corral crawl extract` can be told. */
export interface ExtractSettings extends StoreSettings {
  readonly extract: readonly Extraction[]
}

export const extractOptions: OptionTable<ExtractSettings> = {
  extract: { takes: extraction, multiple: true, help: 'the same as naming it without an option' },
  ...storeOptions,
}
