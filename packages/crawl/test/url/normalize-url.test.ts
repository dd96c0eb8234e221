import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { normalizeUrl, trackingParameters } from '../../src/url/normalize-url.ts'

describe('normalizeUrl', () => {
  test.each([
    ['HTTP://A.Test:80', 'http://a.test/'],
    ['https://a.test:443/x', 'https://a.test/x'],
    ['http://a.test:8080/x', 'http://a.test:8080/x'],
    ['http://a.test/x#part', 'http://a.test/x'],
    ['http://a.test/x?', 'http://a.test/x'],
    ['http://a.test/x?#', 'http://a.test/x'],
    ['http://user:word@a.test/x', 'http://a.test/x'],
    ['http://a.test/a/./b/../c', 'http://a.test/a/c'],
    ['http://a.test/%7euser/%e3%83%84/a%2fb', 'http://a.test/~user/%E3%83%84/a%2Fb'],
    ['http://a.test/ツ', 'http://a.test/%E3%83%84'],
    ['http://a.test/100%', 'http://a.test/100%'],
    ['http://bücher.test/', 'http://xn--bcher-kva.test/'],
    ['http://0x7f.1/', 'http://127.0.0.1/'],
    ['http://[::0001]:80/', 'http://[::1]/'],
    ['  http://a.test/x\n', 'http://a.test/x'],
    ['http:\\\\a.test\\x', 'http://a.test/x'],
    ['http://a.test/?b=2&a=1', 'http://a.test/?b=2&a=1'],
    ['http://a.test/?q=a+b%20c', 'http://a.test/?q=a+b%20c'],
  ])('%s is %s', (href, expected) => {
    expect(normalizeUrl(href)).toBe(expected)
  })

  test.each([
    ['../b', 'http://a.test/b'],
    ['?q', 'http://a.test/x/y?q'],
    ['//b.test/z', 'http://b.test/z'],
    ['', 'http://a.test/x/y'],
    ['#top', 'http://a.test/x/y'],
  ])('resolves %j against the page', (href, expected) => {
    expect(normalizeUrl(href, 'http://a.test/x/y')).toBe(expected)
  })

  test.each([
    'mailto:a@b.test',
    'javascript:void(0)',
    'data:text/html,x',
    'ftp://a.test/',
    'http://',
    'http://a b/',
    'x',
  ])('refuses %s', (href) => {
    expect(normalizeUrl(href)).toBeUndefined()
  })

  test('refuses what is too long, before and after it is resolved', () => {
    expect(normalizeUrl(`data:,${'x'.repeat(1e6)}`)).toBeUndefined()
    expect(normalizeUrl(`http://a.test/${'x'.repeat(2034)}`)).toHaveLength(2048)
    expect(normalizeUrl(`http://a.test/${'x'.repeat(2035)}`)).toBeUndefined()
    expect(normalizeUrl(`/${'ツ'.repeat(300)}`, 'http://a.test/')).toBeUndefined()
  })

  test('leaves out tracking parameters and sorts the rest only when asked', () => {
    const href = 'http://a.test/?utm_source=x&b=2&UTM_Medium=y&a=1&&b=1&fbclid=z&utm'
    expect(normalizeUrl(href)).toBe(href)
    expect(normalizeUrl(href, undefined, { stripParameters: trackingParameters })).toBe(
      'http://a.test/?b=2&a=1&b=1&utm',
    )
    expect(normalizeUrl('http://a.test/?b=2&a&b=1', undefined, { sortQuery: true })).toBe(
      'http://a.test/?a&b=2&b=1',
    )
    expect(
      normalizeUrl('http://a.test/?gclid=1', undefined, { stripParameters: trackingParameters }),
    ).toBe('http://a.test/')
  })

  test('changes nothing the second time', () => {
    fc.assert(
      fc.property(fc.webUrl({ withFragments: true, withQueryParameters: true }), (href) => {
        const once = normalizeUrl(href, undefined, { sortQuery: true })
        fc.pre(once !== undefined)
        expect(normalizeUrl(once, undefined, { sortQuery: true })).toBe(once)
      }),
    )
  })
})
