import { describe, expect, test } from 'vitest'
import { encodeQuery } from '../../src/page/query-encoding.ts'

describe('encodeQuery', () => {
  // What Chromium asks for.
  test.each([
    ['/\u0442?q=\u0442\u0435', 'windows-1251', '/\u0442?q=%F2%E5'],
    ['?q=\u00e9#\u00e9', 'windows-1252', '?q=%E9#\u00e9'],
    ['?q=\u65e5\u672c', 'shift_jis', '?q=%93%FA%96%7B'],
    ['?q=\u65e5\u672c', 'euc-jp', '?q=%C6%FC%CB%DC'],
    ['?q=\u65e5a\u672c\u{1f600}', 'iso-2022-jp', '?q=%1B$BF|%1B(Ba%1B$BK\\%1B(B%26%23128512%3B'],
    ['?q=\u3042&b', 'iso-2022-jp', '?q=%1B$B$%22%1B(B&b'],
    ['?q=\u4e2d\u6587', 'gbk', '?q=%D6%D0%CE%C4'],
    ['?q=\u4e2d\u6587', 'big5', '?q=%A4%A4%A4%E5'],
    ['?q=\ud55c', 'euc-kr', '?q=%C7%D1'],
    ['?q=\u65e5', 'windows-1252', '?q=%26%2326085%3B'],
    ['?q=\u{1f600}', 'windows-1251', '?q=%26%23128512%3B'],
    ['?q=\u00e9', 'utf-8', '?q=\u00e9'],
    ['?q=\u00e9', 'utf-16le', '?q=\u00e9'],
    ['/\u00e9', 'windows-1252', '/\u00e9'],
    ['#?\u00e9', 'windows-1252', '#?\u00e9'],
    ['?q=a%20b', 'windows-1252', '?q=a%20b'],
  ])('of %s in %s', (href, encoding, expected) => {
    expect(encodeQuery(href, encoding)).toBe(expected)
  })
})
