import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { parseLastmod } from '../../src/sitemap/lastmod.ts'
import { readSitemap, type Sitemap } from '../../src/sitemap/read-sitemap.ts'
import { cpuTime, mostLinear } from '../cpu-time.ts'

async function* pieces(body: Uint8Array | string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

function read(body: Uint8Array | string, size = 1_000_000): Promise<Sitemap> {
  return readSitemap(pieces(body, size), undefined)
}

async function locations(body: Uint8Array | string, size?: number): Promise<string[]> {
  return (await read(body, size)).items.map(({ location }) => location)
}

const urlset = `<?xml version="1.0" encoding="UTF-8"?>
<!-- <url><loc>http://a.test/comment</loc></url> -->
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="x">
  <url>
    <loc> http://a.test/1?a=1&amp;b=2 </loc><lastmod>2024-05-01</lastmod>
    <image:image><image:loc>http://a.test/i.png</image:loc></image:image>
  </url>
  <url><lastmod>2024-05-01T10:00:00+02:00</lastmod><loc><![CDATA[http://a.test/2]]></loc></url>
  <url><loc></loc></url>
  <url><loc>http://a.test/caf&#xE9;</loc><priority>0.5</priority></url>
  <other><loc>http://a.test/other</loc></other>
</urlset>`

const index = `<sitemapindex><sitemap><loc>http://a.test/s1.xml</loc><lastmod>2024-01-01</lastmod></sitemap>
<sitemap><loc>http://a.test/s2.xml.gz</loc></sitemap></sitemapindex>`

const three = ['http://a.test/1?a=1&b=2', 'http://a.test/2', 'http://a.test/café']

describe('readSitemap', () => {
  test.each([1, 2, 7, 1000])('reads a urlset in pieces of %i bytes', async (size) => {
    const { items } = await read(urlset, size)
    expect(items.map(({ location }) => location)).toEqual(three)
    expect(items.map(({ changedAt }) => changedAt)).toEqual([
      Date.parse('2024-05-02T00:00:00Z') - 1,
      Date.parse('2024-05-01T08:00:00Z'),
      undefined,
    ])
    expect(items.some(({ isSitemap }) => isSitemap)).toBe(false)
  })

  test('reads an index', async () => {
    expect((await read(index)).items).toEqual([
      {
        location: 'http://a.test/s1.xml',
        isSitemap: true,
        changedAt: Date.parse('2024-01-02T00:00:00Z') - 1,
      },
      { location: 'http://a.test/s2.xml.gz', isSitemap: true, changedAt: undefined },
    ])
  })

  test.each([1, 13, 100_000])('reads one that is packed, in pieces of %i bytes', async (size) => {
    expect(await locations(gzipSync(urlset), size)).toEqual(three)
    const twice = Buffer.concat([gzipSync('http://a.test/1\n'), gzipSync('http://a.test/2\n')])
    expect(await locations(twice, size)).toEqual(['http://a.test/1', 'http://a.test/2'])
  })

  test('reads text: a URL a line, whatever ends it', async () => {
    const text =
      '\uFEFFhttp://a.test/1\r\nhttps://a.test/2\rno url\n\n  http://a.test/3  \nftp://a.test/'
    for (const size of [1, 1000]) {
      expect(await locations(text, size)).toEqual([
        'http://a.test/1',
        'https://a.test/2',
        'http://a.test/3',
      ])
    }
  })

  test('reads tags with a prefix, and other charsets', async () => {
    const prefixed =
      '<s:urlset xmlns:s="x"><s:url><s:loc>http://a.test/1</s:loc></s:url></s:urlset>'
    expect(await locations(prefixed)).toEqual(['http://a.test/1'])
    const wide = Buffer.from(`\uFEFF${urlset}`, 'utf16le')
    expect(await locations(wide)).toEqual(three)
    const latin =
      '<?xml version="1.0" encoding="ISO-8859-1"?><urlset><url><loc>http://a.test/\xe9</loc></url></urlset>'
    expect(await locations(Buffer.from(latin, 'latin1'))).toEqual(['http://a.test/é'])
  })

  test('finds nothing in what is none', async () => {
    for (const body of [
      '',
      ' \n',
      '<!doctype html><html><body><url><loc>http://a.test/</loc></url></body></html>',
      '<rss><channel><item><link>http://a.test/</link></item></channel></rss>',
      '{"urls": ["http://a.test/"]}',
      Buffer.alloc(1000),
      '<urlset><url><loc>http://a.test/unfinished',
    ]) {
      expect(await locations(body)).toEqual([])
    }
  })

  test('keeps what it read before a sitemap breaks off', async () => {
    const half = urlset.slice(0, urlset.indexOf('<url><loc></loc>'))
    expect(await locations(half)).toEqual(three.slice(0, 2))
  })

  test('takes 50 000 of them', async () => {
    const { items, dropped } = await read(
      `<urlset>${'<url><loc>http://a.test/</loc></url>'.repeat(50_007)}</urlset>`,
    )
    expect(items).toHaveLength(50_000)
    expect(dropped).toBe(7)
  })

  test('is not held up by nesting, long names or lines without end', async () => {
    const ms = await cpuTime(async () => {
      expect(await locations('<urlset>' + '<a>'.repeat(3_000_000))).toEqual([])
      expect(await locations(`<urlset><url><loc>${'x'.repeat(10_000_000)}`, 65_536)).toEqual([])
      expect(await locations('http://a.test/' + 'x'.repeat(10_000_000), 65_536)).toEqual([])
    })
    expect(ms).toBeLessThan(mostLinear)
  })

  test('resolves no entity of its own: a billion laughs stay one', async () => {
    const laughs = `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<urlset><url><loc>http://a.test/&b;</loc></url></urlset>`
    expect(await locations(laughs)).toEqual(['http://a.test/&b;'])
  })

  test('refuses a bomb and a broken pack', async () => {
    const bomb = gzipSync(Buffer.alloc(60 * 1024 * 1024, 'x'))
    await expect(read(bomb)).rejects.toMatchObject({ code: 'TOO_LARGE' })
    const broken = gzipSync(urlset)
    broken.fill(0xff, 20, 60)
    await expect(read(broken)).rejects.toMatchObject({ code: 'UNDECODABLE' })
    // Of what is cut off there is the start.
    const cut = await read(gzipSync(urlset).subarray(0, 100))
    expect(cut.oddity).toBe('the gzip data is cut off')
    expect(cut.bytes).toBeGreaterThan(0)
  })
})

describe('parseLastmod', () => {
  test.each([
    ['2024-05-01T10:00:00Z', '2024-05-01T10:00:00Z'],
    ['2024-05-01T10:00Z', '2024-05-01T10:00:00Z'],
    ['2024-05-01T10:00:00.5-05:30', '2024-05-01T15:30:00.500Z'],
    ['2024-05-01T10:00:00', '2024-05-01T10:00:00Z'],
    ['2024-05-01', '2024-05-01T23:59:59.999Z'],
  ])('reads %s', (value, expected) => {
    expect(parseLastmod(value)).toBe(Date.parse(expected))
  })

  test.each([
    '',
    'yesterday',
    '2024',
    '2024-13-01',
    '2024-05-41',
    '1 May 2024',
    '2024-05-01 10:00',
  ])('takes %j for none', (value) => {
    expect(parseLastmod(value)).toBeUndefined()
  })
})
