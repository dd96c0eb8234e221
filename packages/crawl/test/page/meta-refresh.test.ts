import { expect, test } from 'vitest'
import { refreshTarget } from '../../src/page/meta-refresh.ts'

test.each([
  ['0; url=next.html', 'next.html'],
  ['5;URL="a b.html" x', 'a b.html'],
  ["1.5 , Url = 'x", 'x'],
  ['3 next.html', 'next.html'],
  ['.5;x ', 'x'],
  ['5', undefined],
  ['5;', undefined],
  ['5; url=', undefined],
  ['url=next.html', undefined],
  ['', undefined],
])('refreshTarget of %j is %j', (content, expected) => {
  expect(refreshTarget(content)).toBe(expected)
})
