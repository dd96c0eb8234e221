import { expect, test } from 'vitest'
import { saysNothing } from '../../src/fetch/mime-type.ts'
import { sniffBody } from '../../src/page/sniff-type.ts'

async function* pieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text, 'latin1')
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function sniffed(text: string, { size = 1000, noSniff = false } = {}): Promise<string> {
  const { type, body } = await sniffBody(pieces(text, size), noSniff)
  let whole = ''
  for await (const chunk of body) whole += Buffer.from(chunk).toString('latin1')
  // Whatever was looked at is still there.
  expect(whole).toBe(text)
  return type
}

test.each([
  ['<!DOCTYPE html><title>x', 'text/html'],
  [' \t\r\n\f<HTML lang=en>', 'text/html'],
  ['\xef\xbb\xbf<p>x', 'text/html'],
  ['<!-- a comment -->', 'text/html'],
  ['<a href=/x>', 'text/html'],
  ['', 'text/html'],
  ['<article>', 'text/plain'],
  ['<a\thref=/x>', 'text/plain'],
  ['Hello, <a href=/x>x</a>', 'text/plain'],
  ['\x1b[1mcolours', 'text/plain'],
  ['\x89PNG\r\n\x1a\n\0\0', 'application/octet-stream'],
])('what begins with %j is %s', async (text, type) => {
  for (const size of [1, 2, 1000]) expect(await sniffed(text, { size })).toBe(type)
})

test('a start of any length is looked at, and no page is seen where the server forbids to look', async () => {
  expect(await sniffed(`<b>${'x'.repeat(5000)}`, { size: 700 })).toBe('text/html')
  expect(await sniffed('<html><title>x', { noSniff: true })).toBe('text/plain')
})

test('nothing is said by no type, by what is none, and by one that stands for any', () => {
  const nothing = [
    undefined,
    '',
    ' ',
    'html',
    '*/*',
    'unknown/unknown',
    'application/unknown; x',
    'a b/c',
  ]
  expect(nothing.filter((each) => !saysNothing(each))).toEqual([])
  const something = [
    'text/html',
    'TEXT/PLAIN;charset=x',
    'application/octet-stream',
    'image/svg+xml',
  ]
  expect(something.filter((each) => saysNothing(each))).toEqual([])
})
