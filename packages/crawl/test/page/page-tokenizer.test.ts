import { decodeHTML, decodeHTMLAttribute } from 'entities/decode'
import fc from 'fast-check'
import { Parser } from 'htmlparser2'
import { describe, expect, test } from 'vitest'
import { PageTokenizer } from '../../src/page/page-tokenizer.ts'
import type { WantedTags } from '../../src/page/tag-patterns.ts'

const wanted: WantedTags = new Map([
  ['a', new Set(['href', 'rel'])],
  ['meta', new Set(['name', 'content'])],
  ['iframe', new Set(['src'])],
])

interface Told {
  readonly tags: (readonly [name: string, attributes: Record<string, string>])[]
  readonly titles: string[]
}

function told(html: string, size = Infinity): Told {
  const found: Told = { tags: [], titles: [] }
  const tokenizer = new PageTokenizer(wanted, {
    onTag: (name, attributes) => found.tags.push([name, Object.fromEntries(attributes)]),
    onTitle: (text) => found.titles.push(text),
  })
  for (let at = 0; at < html.length; at += size) tokenizer.write(html.slice(at, at + size))
  tokenizer.end()
  return found
}

/** The same by the parser of htmlparser2, which tells of everything. */
function toldByParser(html: string): Told {
  const found: Told = { tags: [], titles: [] }
  let title: string | undefined
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        if (name === 'title') title ??= ''
        const asked = wanted.get(name)
        if (asked === undefined) return
        const entries = Object.entries(attributes).filter(([key]) => asked.has(key))
        const decoded = entries.map(([key, value]) => [key, decodeHTMLAttribute(value)])
        found.tags.push([name, Object.fromEntries(decoded)])
      },
      ontext(text) {
        if (title !== undefined && found.titles.length === 0) title += text
      },
      onclosetag(name) {
        if (name === 'title' && found.titles.length === 0) {
          found.titles.push(
            decodeHTML(title ?? '')
              .replace(/\s+/g, ' ')
              .trim(),
          )
        }
      },
    },
    // It leaves references in a title alone that stand behind a `<`; browsers do not.
    { decodeEntities: false },
  )
  parser.end(html)
  return found
}

const pieces = fc.constantFrom(
  ...[
    '<',
    '>',
    '/',
    '"',
    "'",
    '=',
    ' ',
    '\n',
    '-',
    '!',
    '?',
    'x',
    '&amp;',
    '&',
    'é',
    '\u00a0',
    '\v',
    '<p a=b\u00a0c=">',
    '<<',
    '</',
  ],
  ...[
    '<a href=u>',
    '<a href="u v">',
    "<A HREF='&lt;'>",
    '<a rel=r href>',
    '<a/href=u/>',
    '</a>',
    '<a ',
  ],
  ...[
    '<p>',
    '<p class="a b" id=x>',
    '<p title="<a href=no>">',
    '<br/>',
    '<abbr>',
    '</p >',
    '</p class=">">',
  ],
  ...[
    '<title>',
    '</title>',
    '</title x>',
    '<script>',
    '</script>',
    '</SCRIPT >',
    '<style>',
    '</style>',
  ],
  ...['<textarea>', '</textarea>', '<iframe src=f>', '</iframe>', '<xmp>', '</xmp>'],
  ...['<!--', '-->', '--!>', '<!-->', '<!--->', '<!doctype html>', '<!x>', '<?php ?>'],
  ...['href=', 'href="', 'name=n', 'content', '<meta ', '<meta name="n" content=c>'],
)

describe('PageTokenizer', () => {
  test('tells what a parser tells that tells everything', () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 25 }), (parts) => {
        const html = parts.join('')
        expect(told(html)).toEqual(toldByParser(html))
      }),
      { numRuns: 3000 },
    )
  })

  test('tells the same however the page is cut', () => {
    const drawing = fc.constantFrom('<svg>', '</svg>', '<svg/>', '<math>', '<![CDATA[', ']]>')
    const parts = fc.array(fc.oneof({ weight: 5, arbitrary: pieces }, drawing), { maxLength: 25 })
    fc.assert(
      fc.property(parts, fc.integer({ min: 1, max: 9 }), (some, size) => {
        const html = some.join('')
        expect(told(html, size)).toEqual(told(html))
      }),
      { numRuns: 3000 },
    )
  })

  test('decodes what has references in it', () => {
    expect(told('<title>a&lt;&eacute</title><a href="?a&amp;b&copy=1">')).toEqual({
      titles: [decodeHTML('a&lt;&eacute')],
      tags: [['a', { href: '?a&b&copy=1' }]],
    })
  })
})
