import { expect, test } from 'vitest'
import { robotsVerdict } from '../../src/robots/robots-verdict.ts'

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
] as const)('robotsVerdict: an answer of %d means %s', (status, verdict) => {
  expect(robotsVerdict({ kind: 'answer', status })).toBe(verdict)
})

test('robotsVerdict: no answer forbids everything, too many redirects nothing', () => {
  expect(robotsVerdict({ kind: 'unreachable' })).toBe('disallow-all')
  expect(robotsVerdict({ kind: 'too-many-redirects' })).toBe('allow-all')
})
