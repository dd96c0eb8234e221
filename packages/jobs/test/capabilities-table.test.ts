import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { guide, withTable } from './capabilities-table.ts'

test('the guide says of each engine what the conformance suite runs on it', () => {
  const text = readFileSync(guide, 'utf8')
  expect(text).toContain('| `unique`')
  expect(withTable(text)).toBe(text)
})
