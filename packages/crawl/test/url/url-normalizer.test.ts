import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { normalizeUrl } from '../../src/url/normalize-url.ts'
import { UrlNormalizer } from '../../src/url/url-normalizer.ts'

test('UrlNormalizer makes the same of a link as normalizeUrl, whatever it has seen before', () => {
  const sorting = { sortQuery: true }
  const short = { maxLength: 30 }
  const normalizer = new UrlNormalizer(sorting)
  const other = new UrlNormalizer(short)
  const bases = [
    'http://a.test/',
    'http://a.test/x/y?q=/z/',
    'http://a.test/x/z',
    'https://a.test/x/y',
    'http://b.test/x/',
    'http://a.test/%7ex/é/y',
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
    '+',
    ',',
    ';',
    '@',
    '=',
    '|',
    '^',
    "'",
    '"',
    '..x',
    '-_~!$()*',
  )
  fc.assert(
    fc.property(fc.constantFrom(...bases), fc.array(piece, { maxLength: 6 }), (base, pieces) => {
      const href = pieces.join('')
      const linkBase = normalizer.base(base)
      expect(normalizer.normalize(href, linkBase)).toBe(normalizeUrl(href, base, sorting))
      expect(other.normalize(href, linkBase)).toBe(normalizeUrl(href, base, short))
    }),
    { numRuns: 10_000 },
  )
})

test('UrlNormalizer stays bounded over many links, and right about those it forgot', () => {
  const normalizer = new UrlNormalizer()
  const base = normalizer.base('http://a.test/')
  for (let each = 0; each < 100_000; each++) normalizer.normalize(`/page/ö/${each}`, base)
  expect(normalizer.size).toBeGreaterThan(8000)
  expect(normalizer.size).toBeLessThanOrEqual(16_384)
  expect(normalizer.normalize('/page/ö/5', base)).toBe('http://a.test/page/%C3%B6/5')
  expect(normalizer.normalize('/page/ü', base)).toBe('http://a.test/page/%C3%BC')
  expect(normalizer.normalize('/page/ü', base)).toBe('http://a.test/page/%C3%BC')
})
