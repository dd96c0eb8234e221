/** What can be wrong with a store. */
export type StoreErrorCode =
  | 'STORE_MISSING'
  | 'STORE_IS_DIRECTORY'
  | 'STORE_NO_DIRECTORY'
  | 'STORE_NOT_SQLITE'
  | 'STORE_FOREIGN'
  | 'STORE_NEWER'
  | 'STORE_IN_USE'
  | 'STORE_LOCKED'
  | 'STORE_READ_ONLY'
  | 'STORE_FULL'
  | 'STORE_DAMAGED'
  | 'STORE_UNREACHABLE'
  | 'STORE_LEASE_LOST'
  | 'STORE_FAILED'

/** A store that cannot be opened, read or written; the message says which file and what to do. */
export class StoreError extends Error {
  readonly code: StoreErrorCode
  readonly file: string

  constructor(code: StoreErrorCode, file: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.file = file
  }

  static {
    this.prototype.name = 'StoreError'
  }
}

/** Says in the store's own words what SQLite threw. */
export function storeErrorOf(error: unknown, file: string): StoreError {
  if (error instanceof StoreError) return error
  const { errcode, message } = error as { errcode?: number; message?: string }
  // The lower byte is the primary result code, the rest refines it.
  const [code, text] = messages.get((errcode ?? 0) & 0xff) ?? ['STORE_FAILED', undefined]
  return new StoreError(code, file, text?.(file) ?? `store ${file} failed: ${message}`, {
    cause: error,
  })
}

const messages: ReadonlyMap<number, [StoreErrorCode, (file: string) => string]> = new Map([
  [
    5,
    [
      'STORE_LOCKED',
      (file) => `store ${file} is locked by another program; close it and try again`,
    ],
  ],
  [8, ['STORE_READ_ONLY', (file) => `store ${file} cannot be written; check its permissions`]],
  [10, ['STORE_FAILED', (file) => `store ${file} could not be read or written by the disk`]],
  [11, ['STORE_DAMAGED', (file) => `store ${file} is damaged; crawl into a new one`]],
  [
    13,
    ['STORE_FULL', (file) => `store ${file} cannot grow: the disk is full; free space and go on`],
  ],
  [14, ['STORE_READ_ONLY', (file) => `store ${file} cannot be opened; check it and its directory`]],
  [26, ['STORE_NOT_SQLITE', (file) => `${file} is no SQLite database; name another store`]],
])
