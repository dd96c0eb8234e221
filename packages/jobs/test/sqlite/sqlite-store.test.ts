import { join } from 'node:path'
import { openSqlite } from '@corral/db'
import { afterAll } from 'vitest'
import { sqliteStore } from '../../src/sqlite/sqlite-store.ts'
import type { StoreFactory } from '../../src/index.ts'
import { capabilities } from '../../src/store/capability.ts'
import { jobsConformance } from '../conformance/jobs-conformance.ts'
import { storeConformance } from '../conformance/store-conformance.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const folder = temporaryFolder()
let files = 0
afterAll(() => folder[Symbol.dispose]())

const file = (): string => join(folder.path, `${(files += 1)}.db`)
const fresh = (): StoreFactory => sqliteStore(file(), { synchronous: 'normal' })

storeConformance('SQLite', { fresh, capabilities })
jobsConformance('SQLite', {
  fresh,
  capabilities,
  within: (fn) => fn(),
  async database() {
    const db = await openSqlite(file(), { readers: 1, isolation: 'thread' })
    return {
      db,
      factory: sqliteStore(db),
      [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
    }
  },
})
