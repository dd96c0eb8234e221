import { expect, test } from 'vitest'
import { detectCharset } from '../../src/page/charset.ts'

const latin = (text: string): Uint8Array => Buffer.from(text, 'latin1')

const rows: [
  what: string,
  start: Uint8Array,
  header: string | undefined,
  encoding: string,
  source: string,
][] = [
  [
    'a UTF-8 mark over everything',
    latin('\xef\xbb\xbf<meta charset=koi8-r>'),
    'text/html; charset=latin1',
    'utf-8',
    'bom',
  ],
  ['a UTF-16 mark', latin('\xff\xfea\0'), undefined, 'utf-16le', 'bom'],
  ['a big-endian mark', latin('\xfe\xff\0a'), undefined, 'utf-16be', 'bom'],
  [
    'the header before the page',
    latin('<meta charset=koi8-r>'),
    'text/html; Charset="Shift_JIS"',
    'shift_jis',
    'header',
  ],
  ['a header of another order', latin(''), 'text/html; x=1; charset=utf8; y', 'utf-8', 'header'],
  [
    'the page when the header names nothing known',
    latin('<meta charset=koi8-r>'),
    'text/html; charset=klingon',
    'koi8-r',
    'meta',
  ],
  [
    'meta charset',
    latin('<!doctype html><META  CHARSET = "ISO-8859-2" />'),
    undefined,
    'iso-8859-2',
    'meta',
  ],
  [
    'meta http-equiv',
    latin('<meta content="text/html; charset=euc-jp" http-equiv=Content-Type>'),
    undefined,
    'euc-jp',
    'meta',
  ],
  [
    'the first meta that is known',
    latin('<meta charset=x><meta name=a content="charset=b"><meta charset=gbk>'),
    undefined,
    'gbk',
    'meta',
  ],
  [
    'an XML declaration',
    latin('<?xml version="1.0" encoding="iso-8859-15"?><html>'),
    undefined,
    'iso-8859-15',
    'meta',
  ],
  [
    'nothing inside a comment',
    latin('<!-- <meta charset=koi8-r> --><meta charset=utf-8>'),
    undefined,
    'utf-8',
    'meta',
  ],
  [
    'nothing after a comment that never ends',
    latin('<!-- <meta charset=koi8-r>'),
    undefined,
    'windows-1252',
    'fallback',
  ],
  ['UTF-8 for a readable UTF-16', latin('<meta charset=utf-16>'), undefined, 'utf-8', 'meta'],
  [
    'the head beyond 1024 bytes',
    latin(`<!--${'x'.repeat(1500)}--><title>t</title><meta charset=koi8-r>`),
    undefined,
    'koi8-r',
    'meta',
  ],
  [
    'nothing of the body beyond 1024 bytes',
    latin(`<p>${' '.repeat(1020)}<meta charset=koi8-r>`),
    undefined,
    'windows-1252',
    'fallback',
  ],
  [
    'nothing in a script beyond 1024 bytes',
    latin(`<head>${' '.repeat(1020)}<script>'<meta charset=koi8-r>'</script>`),
    undefined,
    'windows-1252',
    'fallback',
  ],
  ['UTF-8 that nobody declares', Buffer.from('<p>日本'), undefined, 'utf-8', 'fallback'],
  [
    'UTF-8 under a label that nobody knows, cut off in a letter',
    Buffer.from('<p>日本').subarray(0, -1),
    'text/html; charset=ISO-88509-1',
    'utf-8',
    'fallback',
  ],
  [
    'windows-1252 when nothing says anything',
    latin('<p>caf\xe9'),
    'text/html',
    'windows-1252',
    'fallback',
  ],
  [
    'no encoding that browsers refuse',
    latin('<meta charset=hz-gb-2312>'),
    'text/html; charset=',
    'windows-1252',
    'fallback',
  ],
]

test.each(rows)('detectCharset takes %s', (_what, start, header, encoding, source) => {
  expect(detectCharset(start, header)).toEqual({ encoding, source })
})

test('detectCharset gives encodings that decode the quotes of windows-1252', () => {
  const { encoding } = detectCharset(latin('\x93'), undefined)
  expect(new TextDecoder(encoding).decode(latin('\x93caf\xe9\x94'))).toBe('“café”')
})
