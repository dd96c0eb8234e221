import { gzipSync } from 'node:zlib'
import {
  answer,
  byPath,
  endless,
  html,
  links,
  raw,
  reset,
  silent,
  type HostileCase,
  type Serve,
} from './hostile-case.ts'

const fine = html(links('/x'))
const both = ['page 200 /', 'page 200 /x'] as const

function one(...outcome: readonly string[]): Pick<HostileCase, 'outcome'> {
  return { outcome }
}

function count(least: number, most: number): Pick<HostileCase, 'outcome'> {
  return {
    outcome: (rows) => {
      const pages = rows.filter((row) => row.startsWith('page 200')).length
      if (pages < least || pages > most) throw new Error(`${pages} pages:\n${rows.join('\n')}`)
    },
  }
}

/** Names its sitemap in robots.txt. */
function withSitemap(sitemap: Serve): Pick<HostileCase, 'robots' | 'serve'> {
  return {
    robots: answer('200 OK', 'Sitemap: /s.xml'),
    serve: byPath({ '/s.xml': sitemap }, html('<p>')),
  }
}

function calendar(socket: Parameters<Serve>[0], path: string): void {
  const [, year = '2026', month = '1'] = /(\d{4})-(\d+)/.exec(path) ?? []
  const at = Number(year) * 12 + Number(month) - 1
  const to = (n: number): string =>
    `/?month=${Math.floor(n / 12)}-${String((n % 12) + 1).padStart(2, '0')}`
  html(links(to(at + 1), to(at - 1)))(socket, path)
}

/** What is in a body that came well: HTML, URLs, charsets, robots.txt, sitemaps, traps. */
export const hostileContent: readonly HostileCase[] = [
  {
    name: 'type-lies-image',
    serve: html('<a href=/x>x</a>', 'image/png'),
    ...one('page 200 / # no HTML: body not read'),
  },
  {
    name: 'type-lies-html',
    serve: html(Buffer.from('89504e470d0a1a0a0000000d49484452ff00ff', 'hex')),
    ...one('page 200 /'),
  },
  { name: 'type-none', serve: answer('200 OK', links('/x')), ...one(...both) },
  {
    name: 'type-wild',
    serve: html(links('/x'), ';;;=\u00ff,,text/html'),
    ...one(...both),
  },
  {
    name: 'type-long',
    serve: html(links('/x'), `text/html; charset=${'x'.repeat(10_000)}`),
    ...one(...both),
  },
  { name: 'body-none', serve: html(''), ...one('page 200 /') },
  { name: 'body-nuls', serve: html(Buffer.alloc(500_000)), ...one('page 200 /') },

  { name: 'html-nested', serve: html(`${'<div>'.repeat(300_000)}${links('/x')}`), ...one(...both) },
  {
    name: 'html-closing',
    serve: html(`${'</div>'.repeat(200_000)}${links('/x')}`),
    ...one(...both),
  },
  {
    name: 'html-links',
    serve: html(links(...Array.from({ length: 100_000 }, () => '/x'))),
    ...one('page 200 / # 90000 links too many', 'page 200 /x # 90000 links too many'),
  },
  {
    name: 'html-attribute',
    serve: html(`<a href="${'x'.repeat(1_500_000)}">${links('/x')}`),
    ...one(...both),
  },
  { name: 'html-attributes', serve: html(`<a ${'b=c '.repeat(300_000)}href=/x>`), ...one(...both) },
  { name: 'html-comment', serve: html(`<!-- ${links('/never')}`), ...one('page 200 /') },
  {
    name: 'html-script',
    serve: html(`<script>document.write('<a href=/never>')`),
    ...one('page 200 /'),
  },
  {
    name: 'html-title',
    serve: html(`<title>${'x'.repeat(1_000_000)}</title>${links('/x')}`),
    ...one(...both),
  },
  {
    name: 'html-entities',
    serve: html(`<a href="/&#x78;&#0;&#xffffffff;&bogus;">`),
    ...one('page 200 /', 'page 200 /x%EF%BF%BD%EF%BF%BD&bogus;'),
  },
  {
    name: 'html-base',
    serve: html(`<base href="javascript:x"><base href="http://[">${links('x')}`),
    ...one(...both),
  },
  {
    name: 'html-refresh',
    serve: html(`<meta http-equiv=refresh content="0;url=/">`),
    ...one('page 200 /'),
  },
  {
    name: 'html-refresh-run',
    serve: (socket, path) =>
      html(`<meta http-equiv=refresh content="0;url=/${'a/'.repeat(path.length)}">`)(socket, path),
    ...count(1, 10),
  },

  {
    name: 'urls-wild',
    serve: byPath(
      {
        '/': html(
          links(
            'javascript:alert(1)',
            'data:text/html,x',
            'mailto:a@b',
            'http://',
            'http://[::',
            'http://a:99999/',
            'http:///',
            '//',
            'ht!tp://x',
            '\u0000',
            '%',
            '/%zz',
            `/${'y'.repeat(5000)}`,
            'ftp://a.test/',
            'http://a b/',
            '?',
            '#',
            ' \t/x\n',
          ),
        ),
      },
      html(''),
    ),
    ...one(
      'page 200 /',
      'page 200 /%',
      'page 200 /%EF%BF%BD',
      'page 200 /%zz',

      'page 200 /ht!tp://x',
      'page 200 /x',
    ),
  },
  {
    name: 'urls-inside',
    serve: byPath(
      {
        '/': html(
          links('http://0x7f.1/', 'http://2130706433/', 'http://[::ffff:10.0.0.1]/', 'http://0/'),
        ),
      },
      html(''),
    ),
    ...one('page 200 /'),
  },

  {
    name: 'charset-unknown',
    serve: html(links('/x'), 'text/html; charset=utf-7'),
    ...one(...both),
  },
  {
    name: 'charset-wide',
    serve: html(Buffer.from(`\uFEFF${links('/x')}`, 'utf16le')),
    ...one(...both),
  },
  {
    name: 'charset-lies-wide',
    serve: html(`<meta charset=utf-16>${links('/x')}`),
    ...one(...both),
  },
  {
    name: 'charset-invalid',
    serve: html(
      Buffer.concat([Buffer.alloc(100_000, 0xff), Buffer.from(links('/x'))]),
      'text/html; charset=utf-8',
    ),
    ...one('page 200 / # some bytes are no utf-8', 'page 200 /x # some bytes are no utf-8'),
  },
  {
    name: 'charset-odd-bytes',
    serve: html(Buffer.from('fffe3c', 'hex'), 'text/html; charset=utf-16le'),
    ...one('page 200 / # some bytes are no utf-16le'),
  },

  {
    name: 'robots-endless',
    serve: fine,
    robots: endless('HTTP/1.1 200 OK\r\n\r\n', 'Disallow: /y\n'.repeat(5000)),
    ...one(...both),
  },
  {
    name: 'robots-one-line',
    serve: fine,
    robots: answer('200 OK', `User-agent: *\nDisallow: /${'x'.repeat(1_000_000)}`),
    ...one(...both),
  },
  {
    name: 'robots-bytes',
    serve: fine,
    robots: answer('200 OK', Buffer.alloc(100_000, 0xfe)),
    ...one(...both),
  },
  {
    name: 'robots-html',
    serve: fine,
    robots: html('<html><h1>Not found</h1>Disallow: /'),
    ...one(...both),
  },
  {
    name: 'robots-stars',
    serve: fine,
    robots: answer('200 OK', `User-agent: *\n${`Disallow: /${'*x'.repeat(500)}y$\n`.repeat(300)}`),
    ...one(...both),
  },
  {
    name: 'robots-many',
    serve: fine,
    robots: answer('200 OK', `User-agent: *\n${'Disallow: /nowhere\n'.repeat(25_000)}`),
    ...one(...both),
  },
  {
    name: 'robots-delay',
    serve: html(''),
    robots: answer('200 OK', 'User-agent: *\nCrawl-delay: 1e99'),
    ...one('page 200 /'),
  },
  {
    name: 'robots-loop',
    serve: fine,
    robots: answer('302 F\r\nlocation: /robots.txt'),
    ...one(...both),
  },
  {
    name: 'robots-inside',
    serve: fine,
    robots: answer('302 F\r\nlocation: http://10.0.0.1/robots.txt'),
    ...one('error robots ADDRESS_REFUSED /'),
  },
  { name: 'robots-broken', serve: fine, robots: answer('500 No'), ...one('error robots 500 /') },
  { name: 'robots-silent', serve: fine, robots: silent(), ...one('error timeout TIMEOUT /') },
  { name: 'robots-reset', serve: fine, robots: reset(), ...one('error network ECONNRESET /') },
  {
    name: 'robots-bomb',
    serve: fine,
    robots: answer('200 OK\r\ncontent-encoding: gzip', gzipSync(Buffer.alloc(32 * 1024 * 1024))),
    ...one(...both),
  },
  {
    name: 'robots-no-http',
    serve: fine,
    robots: raw('nonsense'),
    ...one('error protocol PROTOCOL /'),
  },

  {
    name: 'sitemap-bomb',
    ...withSitemap(answer('200 OK', gzipSync(Buffer.alloc(64 * 1024 * 1024, 'x')))),
    ...one('page 200 /', 'error body TOO_LARGE /s.xml'),
  },
  {
    name: 'sitemap-laughs',
    ...withSitemap(
      answer(
        '200 OK',
        `<!DOCTYPE l [<!ENTITY a "ha">${'<!ENTITY b "&a;&a;">'.repeat(50)}]><urlset><url><loc>&b;</loc></url></urlset>`,
      ),
    ),
    ...one('page 200 /', 'page 200 /&b;', 'page 200 /s.xml # sitemap of 1'),
  },
  {
    name: 'sitemap-nested',
    ...withSitemap(answer('200 OK', `<urlset>${'<a>'.repeat(500_000)}`)),
    ...one('page 200 /', 'page 200 /s.xml # no sitemap, or an empty one'),
  },
  {
    name: 'sitemap-cut',
    ...withSitemap(answer('200 OK', gzipSync('<urlset>').subarray(0, 15))),
    ...one('page 200 /', 'page 200 /s.xml # no sitemap, or an empty one; the gzip data is cut off'),
  },
  {
    name: 'sitemap-of-itself',
    ...withSitemap(
      answer('200 OK', '<sitemapindex><sitemap><loc>/s.xml</loc></sitemap></sitemapindex>'),
    ),
    ...one('page 200 /', 'page 200 /s.xml # sitemap of 1'),
  },

  { name: 'trap-calendar', serve: calendar, ...count(24, 1400) },
  { name: 'trap-directories', serve: html(links('a/', 'b/')), ...count(160, 170) },
  {
    name: 'trap-echo',
    serve: (socket, path) =>
      html(links(`${path.replace(/\/$/, '')}/x`, `${path.replace(/\/$/, '')}/y`))(socket, path),
    ...count(120, 180),
  },
]
