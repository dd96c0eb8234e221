import { expect, test } from 'vitest'
import { robotsAccess } from '../../src/robots/robots-access.ts'

test.each([
  [200, 'read'],
  [204, 'read'],
  [301, 'allow-all'],
  [401, 'allow-all'],
  [403, 'allow-all'],
  [404, 'allow-all'],
  [429, 'disallow-all'],
  [500, 'disallow-all'],
  [503, 'disallow-all'],
] as const)('robotsAccess: an answer of %d means %s', (status, access) => {
  expect(robotsAccess(status)).toBe(access)
})
