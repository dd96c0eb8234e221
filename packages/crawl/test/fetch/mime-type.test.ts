import { expect, test } from 'vitest'
import { extractMimeType } from '../../src/fetch/mime-type.ts'

// The values of Fetch 2.2.2, and what servers send.
test.each([
  [undefined, undefined],
  ['text/html', 'text/html'],
  ['text/html; charset=utf-8', 'text/html; charset=utf-8'],
  ['text/html; charset=utf-8, text/html', 'text/html; charset=utf-8'],
  ['text/plain; charset=gbk, text/html', 'text/html'],
  ['text/html; charset=gbk; a=b, text/html; x=y', 'text/html; charset=gbk'],
  ['text/html; charset=gbk, x/x; charset=utf-8, text/html', 'text/html'],
  ['text/html, cannot-parse', 'text/html'],
  ['text/html, ', 'text/html'],
  ['text/html; charset="a,b", text/html', 'text/html; charset="a,b"'],
  ['cannot-parse', 'cannot-parse'],
  ['', ''],
])('extractMimeType of %j is %j', (header, expected) => {
  expect(extractMimeType(header)).toBe(expected)
})
