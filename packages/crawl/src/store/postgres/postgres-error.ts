import { DatabaseError, type DatabaseErrorCode } from '@corral/db'
import { StoreError, type StoreErrorCode } from '../store-error.ts'

/** Says in the store's own words what PostgreSQL, or the way there, threw; what is no error of theirs is as it was. */
export function postgresErrorOf(error: unknown, store: string): unknown {
  if (!(error instanceof DatabaseError)) return error
  const [code, text] = messages[error.code] ?? ['STORE_FAILED', undefined]
  const message = error.sqlState === '42501' ? readOnly(store) : text?.(store)
  return new StoreError(
    error.sqlState === '42501' ? 'STORE_READ_ONLY' : code,
    store,
    message ?? `store ${store} failed: ${error.message}`,
    { cause: error },
  )
}

function readOnly(store: string): string {
  return `store ${store} cannot be written; its user needs the right to create a schema, or to write to it`
}

function lost(store: string): string {
  return `store ${store} cannot be reached any more; when it is there again, go on with the same crawl`
}

const messages: Partial<
  Record<DatabaseErrorCode, readonly [StoreErrorCode, ((store: string) => string)?]>
> = {
  CONNECT: ['STORE_UNREACHABLE'],
  AUTHENTICATION: ['STORE_UNREACHABLE'],
  CONNECTION_LOST: ['STORE_UNREACHABLE', lost],
  COMMIT_UNKNOWN: ['STORE_UNREACHABLE', lost],
  MIGRATION: [
    'STORE_NEWER',
    (store) => `store ${store} was written by a newer version; update corral`,
  ],
  READ_ONLY: ['STORE_READ_ONLY', readOnly],
}
