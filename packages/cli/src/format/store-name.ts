import { basename } from 'node:path'
import { withoutCredentials } from './without-secrets.ts'

/** What a store is called where it is short: a file without its directories, or a database. */
export function storeName(store: string): string {
  return /^postgres(ql)?:/i.test(store) ? withoutCredentials(store) : basename(store)
}
