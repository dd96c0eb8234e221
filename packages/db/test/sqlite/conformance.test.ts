import { join } from 'node:path'
import { openSqlite, sql } from '@corral/db'
import { afterAll } from 'vitest'
import { conformance } from '../conformance.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const folder = temporaryFolder()
let files = 0

conformance('SQLite', {
  open: (options) => openSqlite(join(folder.path, `${(files += 1)}.db`), options),
  endless: sql`with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n`,
  isolated: true,
  count: (n) => n,
})

conformance('SQLite, readers in threads', {
  open: (options) =>
    openSqlite(join(folder.path, `${(files += 1)}.db`), { isolation: 'thread', ...options }),
  endless: undefined,
  isolated: true,
  count: (n) => n,
})

conformance('SQLite in memory', {
  open: (options) => openSqlite(':memory:', options),
  endless: undefined,
  isolated: false,
  count: (n) => n,
})

afterAll(() => folder[Symbol.dispose]())
