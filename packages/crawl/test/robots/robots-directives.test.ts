import { expect, test } from 'vitest'
import { parseRobotsDirectives } from '../../src/robots/robots-directives.ts'

test.each([
  ['', false, false],
  ['all', false, false],
  ['NoIndex', true, false],
  ['noarchive, nofollow', false, true],
  ['none', true, true],
  ['max-snippet: 5, nofollow', false, true],
  ['otherbot: none', false, false],
  ['otherbot: noarchive, none', false, false],
  ['otherbot: none, corral: nofollow', false, true],
  ['Corral: noindex', true, false],
  ['unavailable_after: 25 Jun 2026, noindex', true, false],
])('parseRobotsDirectives of %j: noindex %s, nofollow %s', (text, noindex, nofollow) => {
  expect(parseRobotsDirectives(text, 'corral')).toEqual({ noindex, nofollow })
})
