import { describe, expect, test } from 'vitest'
import {
  LinkExtractor,
  type ExtractOptions,
  type PageContent,
} from '../../src/page/link-extractor.ts'
import { cpuTime, mostLinear } from '../cpu-time.ts'

function extract(html: string, options?: ExtractOptions, size = Infinity): PageContent {
  const extractor = new LinkExtractor('http://a.test/dir/page', options)
  for (let at = 0; at < html.length; at += size) extractor.write(html.slice(at, at + size))
  return extractor.end()
}

function urls(html: string, options?: ExtractOptions): string[] {
  return extract(html, options).links.map((link) => link.url)
}

describe('LinkExtractor', () => {
  const page = `<!DOCTYPE html><html><head><TITLE>
     Caf&eacute; &amp; more </TITLE><title>second</title>
    <link rel="Canonical" href="/proper"><link rel=stylesheet href=style.css>
    <meta http-equiv=Refresh content="5; URL='/next'">
    </head><body><!-- <a href=hidden> --><script>'<a href="no">'</script>
    <a href="one?x=1&amp;y=2#part">1</a><A HREF='two' rel="external NoFollow">2</A><a href=three>3
    <a name=x>no</a><a href="mailto:a@b.test"><a href="#top"><a href="">self</a>
    <map><area href=area></map><iframe src=frame></iframe><a href="one?x=1&y=2">again</a>`

  test('finds links of every kind once, the title and the canonical address', () => {
    const content = extract(page)
    expect(content).toMatchObject({
      title: 'Café & more',
      canonical: 'http://a.test/proper',
      noindex: false,
      nofollow: false,
      droppedLinks: 0,
    })
    expect(content.links).toEqual([
      { url: 'http://a.test/proper', kind: 'canonical', nofollow: false },
      { url: 'http://a.test/next', kind: 'refresh', nofollow: false },
      { url: 'http://a.test/dir/one?x=1&y=2', kind: 'anchor', nofollow: false },
      { url: 'http://a.test/dir/two', kind: 'anchor', nofollow: true },
      { url: 'http://a.test/dir/three', kind: 'anchor', nofollow: false },
      { url: 'http://a.test/dir/page', kind: 'anchor', nofollow: false },
      { url: 'http://a.test/dir/area', kind: 'area', nofollow: false },
      { url: 'http://a.test/dir/frame', kind: 'frame', nofollow: false },
    ])
  })

  test('finds the same however the page is cut', () => {
    const whole = extract(page)
    for (const size of [1, 2, 3, 5, 7, 11, 64]) expect(extract(page, {}, size)).toEqual(whole)
  })

  test('puts an attribute together that spans many chunks', () => {
    const query = Array.from({ length: 150 }, (_, index) => `p${index}=&amp;`).join('')
    const html = `<a class="${'c'.repeat(30_000)}" href="/x?${query}" rel=nofollow>`
    const [link] = extract(html).links
    expect(link?.url).toBe(`http://a.test/x?${query.replaceAll('&amp;', '&')}`)
    expect(extract(html, {}, 1).links).toEqual([link])
    expect(extract(html, {}, 1000).links).toEqual([link])
  })

  test('resolves against the first base, wherever it stands', () => {
    expect(
      urls('<a href=x><base href="http://b.test/y/"><base href="http://c.test/"><a href=z>'),
    ).toEqual(['http://b.test/y/x', 'http://b.test/y/z'])
    expect(urls('<base href="../up/"><a href=x>')).toEqual(['http://a.test/up/x'])
    expect(urls('<base href="http://["><a href=x>')).toEqual(['http://a.test/dir/x'])
    expect(urls('<base href="javascript:y"><a href=x>')).toEqual(['http://a.test/dir/x'])
    expect(urls('<base href="data:text/html,y"><a href=x>')).toEqual(['http://a.test/dir/x'])
    expect(urls('<base target=_top><a href=x>')).toEqual(['http://a.test/dir/x'])
  })

  test('obeys meta robots for everybody and for us, not for others', () => {
    expect(extract('<meta name=ROBOTS content="noindex, NoFollow"><a href=x>')).toMatchObject({
      noindex: true,
      nofollow: true,
      links: [{ nofollow: true }],
    })
    expect(extract('<meta content=none name=Corral>')).toMatchObject({
      noindex: true,
      nofollow: true,
    })
    expect(extract('<meta name=otherbot content=none>')).toMatchObject({
      noindex: false,
      nofollow: false,
    })
    expect(extract('<meta name=otherbot content=none>', { agent: 'OtherBot' }).nofollow).toBe(true)
  })

  test('follows a link that is nofollow once and free another time', () => {
    expect(extract('<a href=x rel=nofollow><a href=x>').links).toMatchObject([{ nofollow: false }])
    expect(extract('<a href=x rel=nofollow><a href="./x">').links).toMatchObject([
      { nofollow: false },
    ])
    expect(extract('<a href="./x"><a href=x rel=nofollow>').links).toMatchObject([
      { nofollow: false },
    ])
  })

  test('takes the title of the page, not of a drawing, and ends one that is not closed', () => {
    expect(extract('<svg><title>icon</title></svg><title>page</title>').title).toBe('page')
    expect(extract('<title>open').title).toBe('open')
    expect(extract('<title></title>').title).toBe('')
    expect(extract('<p>none').title).toBeUndefined()
    expect(extract(`<title>${'long'.repeat(1e5)}</title>`, {}, 4000).title).toHaveLength(1000)
  })

  test('leaves out what is in a template, unless that is a shadow root', () => {
    const page = `<template><title>no</title><base href=/no/><a href=a>a</a><template></template><a href=b>b</a></template>
      <title>page</title><a href=c>c</a><template shadowrootmode=open><a href=d>d</a></template><a href=e>e</a>
      </template><svg><template><a href=f></template></svg><template class=x><script>"</template>"</script><a href=g>`
    expect(extract(page).title).toBe('page')
    for (const size of [1, 3, 7, 10_000]) {
      expect(extract(page, {}, size).links.map(({ url }) => url)).toEqual(
        ['c', 'd', 'e', 'f'].map((name) => `http://a.test/dir/${name}`),
      )
    }
  })

  test('knows the links of drawings by their old name, and those of pages not', () => {
    expect(
      urls('<svg><a xlink:href=in /><a href=new xlink:href=old></svg><a xlink:href=out>'),
    ).toEqual(['http://a.test/dir/in', 'http://a.test/dir/new'])
  })

  test('reads on behind a style in a drawing that is closed by a slash', () => {
    expect(urls('<svg><style/><a href=in></svg><a href=out>')).toEqual([
      'http://a.test/dir/in',
      'http://a.test/dir/out',
    ])
    expect(urls('<svg/><style><a href=no></style><a href=out>')).toEqual(['http://a.test/dir/out'])
    expect(urls('<svg><p><style><a href=no></style><a href=out>')).toEqual([
      'http://a.test/dir/out',
    ])
  })

  test('keeps no more links than asked and counts the rest', () => {
    const html = Array.from({ length: 100_000 }, (_, index) => `<a href="p${index}">`).join('')
    const content = extract(html, { maxLinks: 100 })
    expect(content.links).toHaveLength(100)
    expect(content.droppedLinks).toBe(99_900)
  })

  test('leaves out an address that is too long', () => {
    expect(
      urls(`<a href="${'x'.repeat(1e6)}"><a href="${'&amp;'.repeat(5000)}"><a href=y>`),
    ).toEqual(['http://a.test/dir/y'])
  })

  const mega = 10_000_000
  const hostile: [what: string, html: string][] = [
    ['nested tags', '<div>'.repeat(mega / 5)],
    ['nested tags of many names', '<b><i><p><table><tr><td>'.repeat(mega / 24)],
    ['closing tags alone', '</x>'.repeat(mega / 4)],
    ['nested links', '<a href=x>'.repeat(mega / 10)],
    ['one tag of many attributes', `<a ${'b=c '.repeat(mega / 4)}`],
    ['one attribute', `<a href="${'x'.repeat(mega)}`],
    ['angle brackets', '<'.repeat(mega)],
    ['comments that never end', '<!--'.repeat(mega / 4)],
    ['entities that never end', '&amp'.repeat(mega / 4)],
    ['scripts that never end', '<script></scrip'.repeat(mega / 15)],
    ['drawings', '<svg><title>'.repeat(mega / 12)],
    ['titles', '<title></title>'.repeat(mega / 15)],
  ]
  test.each(hostile)('reads 10 MB of %s in linear time', async (_what, html) => {
    const ms = await cpuTime(() => {
      expect(extract(html, {}, 65_536).links.length).toBeLessThan(2)
    })
    expect(ms).toBeLessThan(mostLinear)
  })
})
