import { describe, expect, expectTypeOf, test } from 'vitest'
import { attribute } from '../../src/extract/attribute.ts'
import type { FieldReader } from '../../src/extract/field.ts'
import { jsonLd } from '../../src/extract/json-ld.ts'
import { link } from '../../src/extract/link.ts'
import { list } from '../../src/extract/list.ts'
import { markup } from '../../src/extract/markup.ts'
import { number, parseNumber } from '../../src/extract/number.ts'
import { PageNode } from '../../src/extract/page-node.ts'
import { record } from '../../src/extract/record.ts'
import { required } from '../../src/extract/required.ts'
import { text } from '../../src/extract/text.ts'
import { cpuTime } from '../cpu-time.ts'

const html = `<!doctype html><base href="/shop/"><title>Hay &amp; Oats</title>
<meta property="og:title" content="Hay">
<script type="application/ld+json">{"@type":"Product","sku":7}</script>
<script type="application/ld+json">{broken</script>
<h1>  Hay
  bale </h1><p class=price>EUR 1.234,50</p><p class=none></p>
<ul><li class=tag>dry<li class=tag>green<li class=tag>  </ul>
<table><tr><th>Small<td>3<tr><th>Large<td>12.5<tr><th>Huge<td>ask</table>
<a href="bale.html#x">one</a><a href="http://b.test/">two</a><a>three</a><img src="i.png">
<div id=d>A <b>bold</b> cow<br>moos</div>`

const page = PageNode.parse(html, 'http://a.test/x/y.html')

describe('fields', () => {
  test('read text, markup and attributes', () => {
    expect(text('h1').read(page)).toBe('Hay bale')
    expect(text('title').read(page)).toBe('Hay & Oats')
    expect(text('.none').read(page)).toBeUndefined()
    expect(text('h7').read(page)).toBeUndefined()
    expect(markup('#d').read(page)).toBe('A <b>bold</b> cow<br>moos')
    expect(markup('#e').read(page)).toBeUndefined()
    expect(attribute('content', 'meta[property="og:title"]').read(page)).toBe('Hay')
    expect(attribute('content', 'h1').read(page)).toBeUndefined()
  })

  test('read text as somebody reads it', () => {
    const read = (html: string): string => PageNode.parse(html, 'http://a.test/').text
    expect(read('<p>one</p><p>two<br>three</p>four')).toBe('one two three four')
    expect(read('<b>w</b>or<span>d</span> <td>1<td>2')).toBe('word 1 2')
    expect(read('a<script>x</script><style>y</style><noscript>z</noscript>b<!-- c -->')).toBe('ab')
    expect(read('  \n&nbsp; a &amp; b ')).toBe('a & b')
    expect(read('')).toBe('')
  })

  test('resolve links against the base of the page', () => {
    expect(link('a').read(page)).toBe('http://a.test/shop/bale.html#x')
    expect(link('img').read(page)).toBe('http://a.test/shop/i.png')
    expect(list('a', link()).read(page)).toEqual([
      'http://a.test/shop/bale.html#x',
      'http://b.test/',
    ])
    expect(link('h1').read(page)).toBeUndefined()
  })

  test('make lists and records, of the type that follows from the fields', () => {
    const shop = record({
      name: required(text('h1')),
      price: number('.price'),
      tags: list('.tag'),
      sizes: list('tr', record({ name: text('th'), price: number('td') })),
      words: (node) => node.text.length > 10,
      data: jsonLd(),
    })
    expectTypeOf(shop).toEqualTypeOf<
      FieldReader<{
        name: string
        price: number | undefined
        tags: string[]
        sizes: { name: string | undefined; price: number | undefined }[]
        words: boolean
        data: unknown[]
      }>
    >()
    expect(shop.read(page)).toEqual({
      name: 'Hay bale',
      price: 1234.5,
      tags: ['dry', 'green'],
      sizes: [
        { name: 'Small', price: 3 },
        { name: 'Large', price: 12.5 },
        { name: 'Huge', price: undefined },
      ],
      words: true,
      data: [{ '@type': 'Product', sku: 7 }],
    })
  })

  test('name the field that is missing, and where it is', () => {
    const field = record({ offer: record({ price: required(number('.cost')) }) })
    expect(() => field.read(page)).toThrow(
      expect.objectContaining({
        name: 'ExtractError',
        code: 'EXTRACT_MISSING',
        message: 'offer: price: the page has none',
      }),
    )
  })

  test('refuse what is no selector when they are made', () => {
    expect(() => text('p[')).toThrow('text: selector must be a CSS selector, got "p["')
    expect(() => list('[')).toThrow('list: selector must be')
    expect(() => page.first(':nonsense(')).toThrow('PageNode: selector must be')
  })

  test.each([
    ['12', 12],
    ['-3.5 kg', -3.5],
    ['−7', -7],
    ['$1,234', 1234],
    ['1,234.50', 1234.5],
    ['1.234,50', 1234.5],
    ['1 234,5 €', 1234.5],
    ["1'234.5", 1234.5],
    ['1.234.567', 1_234_567],
    ['0,125', 0.125],
    ['3,5', 3.5],
    ['1.234', 1.234],
    ['from 10. on', 10],
    ['1.2.3', 12.3],
    ['none', undefined],
    ['', undefined],
  ])('read the number of %j', (source, expected) => {
    expect(parseNumber(source)).toBe(expected)
  })
})

describe('PageNode.parse', () => {
  test('refuses a page that is nested beyond reason, quickly', async () => {
    const deep = '<div>'.repeat(2_000_000)
    const ms = await cpuTime(() => {
      expect(() => PageNode.parse(deep, 'http://a.test/')).toThrow(
        expect.objectContaining({ code: 'EXTRACT_TOO_DEEP' }),
      )
    })
    expect(ms).toBeLessThan(2000)
    const fair = PageNode.parse(`${'<div>'.repeat(1900)}deep`, 'http://a.test/')
    expect(fair.text).toBe('deep')
    expect(fair.all('div')).toHaveLength(1900)
    expect(fair.html.length).toBeGreaterThan(1900)
  })

  test('refuses a page of more nodes than fit', () => {
    expect(() => PageNode.parse('<p>x'.repeat(600_000), 'http://a.test/')).toThrow(
      expect.objectContaining({ code: 'EXTRACT_TOO_LARGE' }),
    )
  })

  test('keeps to the url of the page when its base is none', () => {
    const odd = PageNode.parse('<base href="http://[x"><a href=y>', 'http://a.test/d/')
    expect(link('a').read(odd)).toBe('http://a.test/d/y')
  })
})
