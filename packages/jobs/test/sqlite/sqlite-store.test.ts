import { join } from 'node:path'
import { afterAll } from 'vitest'
import { sqliteStore } from '../../src/sqlite/sqlite-store.ts'
import { capabilities } from '../../src/store/capability.ts'
import { storeConformance } from '../conformance/store-conformance.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const folder = temporaryFolder()
let files = 0
afterAll(() => folder[Symbol.dispose]())

storeConformance('SQLite', {
  fresh: () => sqliteStore(join(folder.path, `${(files += 1)}.db`)),
  capabilities,
})
