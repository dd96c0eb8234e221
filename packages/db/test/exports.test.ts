import * as db from '@corral/db'
import * as kysely from '@corral/db/kysely'
import * as testing from '@corral/db/testing'
import { expect, it } from 'vitest'

it('@corral/db exports what the reference names', () => {
  expect(Object.keys(db)).toEqual(['DatabaseError', 'openPostgres', 'openSqlite', 'sql'])
  expect(Object.keys(kysely)).toEqual(['kyselyDialect'])
  expect(Object.keys(testing)).toEqual(['openTestPostgres'])
})
