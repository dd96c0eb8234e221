import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { DatabaseError } from '../src/index.ts'

it('DatabaseError has what was reported, and prints no more than that', () => {
  const cause = new Error('why')
  const options = { cause, table: 'users', column: undefined }
  const error = new DatabaseError('UNIQUE', 'twice', options)
  expect(error).toMatchObject({ code: 'UNIQUE', message: 'twice', table: 'users', cause })
  expect([error.column, error.sqlState]).toEqual([undefined, undefined])
  expect(inspect(error)).toMatch(/table: 'users'/)
  expect(inspect(error)).not.toMatch(/undefined/)
})
