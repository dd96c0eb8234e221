import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { normalizeUrl } from '../../src/url/normalize-url.ts'
import { UrlNormalizer } from '../../src/url/url-normalizer.ts'

test('UrlNormalizer makes the same of a link as normalizeUrl, whatever it has seen before', () => {
  const normalizer = new UrlNormalizer({ sortQuery: true })
  const bases = [
    'http://a.test/',
    'http://a.test/x/y?q=/z/',
    'http://a.test/x/z',
    'https://a.test/x/y',
    'http://b.test/x/',
  ]
  const piece = fc.constantFrom(
    '/',
    '..',
    '.',
    '?',
    '#',
    'a',
    'b=1',
    '&',
    ' ',
    '\t',
    '\\',
    ':',
    '//',
    'http',
    '%7e',
    'é',
  )
  fc.assert(
    fc.property(fc.constantFrom(...bases), fc.array(piece, { maxLength: 6 }), (base, pieces) => {
      const href = pieces.join('')
      expect(normalizer.normalize(href, normalizer.base(base))).toBe(
        normalizeUrl(href, base, { sortQuery: true }),
      )
    }),
    { numRuns: 5000 },
  )
})

test('UrlNormalizer stays bounded over many links, and right about those it forgot', () => {
  const normalizer = new UrlNormalizer()
  const base = normalizer.base('http://a.test/')
  for (let each = 0; each < 100_000; each++) normalizer.normalize(`/page/number/${each}`, base)
  expect(normalizer.size).toBeGreaterThan(8000)
  expect(normalizer.size).toBeLessThanOrEqual(16_384)
  expect(normalizer.normalize('/page/number/5', base)).toBe('http://a.test/page/number/5')
  expect(normalizer.normalize('/page/ü', base)).toBe('http://a.test/page/%C3%BC')
  expect(normalizer.normalize('/page/ü', base)).toBe('http://a.test/page/%C3%BC')
})
