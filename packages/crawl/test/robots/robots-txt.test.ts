import { describe, expect, test } from 'vitest'
import { parseRobotsTxt, robotsTxtLimit } from '../../src/robots/robots-txt.ts'
import { isAllowedByRobots, selectRobotsRules } from '../../src/robots/robots-rules.ts'
import { cpuTime } from '../cpu-time.ts'

function allowed(robots: string | Uint8Array, path: string, agent = 'corral'): boolean {
  return isAllowedByRobots(selectRobotsRules(parseRobotsTxt(robots), agent), `http://a.test${path}`)
}

describe('parseRobotsTxt', () => {
  test.each([
    ['LF', '\n'],
    ['CR', '\r'],
    ['CRLF', '\r\n'],
  ])('reads lines that end in %s', (_name, end) => {
    const text = ['User-agent: *', 'Disallow: /a', 'Disallow: /b', ''].join(end)
    expect(allowed(text, '/a')).toBe(false)
    expect(allowed(text, '/b')).toBe(false)
    expect(allowed(text, '/c')).toBe(true)
  })

  test('reads past a byte order mark, comments, blanks and keys in any case', () => {
    const text =
      '\uFEFFUSER-AGENT : *   # everybody\n  dISALLOW:/a#b\n\n# Disallow: /c\nDisallow /d'
    expect(allowed(text, '/a')).toBe(false)
    expect(allowed(new TextEncoder().encode(text), '/a')).toBe(false)
    expect(allowed(text, '/c')).toBe(true)
    expect(allowed(text, '/d')).toBe(true)
  })

  test('gives a rule before the first user-agent line to nobody', () => {
    expect(allowed('Disallow: /\nUser-agent: other\nDisallow: /', '/a')).toBe(true)
  })

  test('ignores a rule that does not start with a slash or a star', () => {
    expect(allowed('User-agent: *\nDisallow: a\nDisallow: http://a.test/b', '/a')).toBe(true)
    expect(allowed('User-agent: *\nDisallow: *a', '/b/a')).toBe(false)
  })

  test('takes an empty disallow as no rule at all', () => {
    expect(allowed('User-agent: *\nDisallow:', '/a')).toBe(true)
  })

  test('reads the first 500 KiB and drops the rule that is cut there', () => {
    const rule = 'Disallow: /cut-here-and-nothing-else\n'
    const head = 'User-agent: *\nDisallow: /first\n#'
    const filler = 'x'.repeat(robotsTxtLimit - head.length - 1 - rule.indexOf('-here'))
    const text = `${head}${filler}\n${rule}Disallow: /late\n`
    expect(allowed(text, '/first')).toBe(false)
    expect(allowed(text, '/cut')).toBe(true)
    expect(allowed(text, '/cut-here-and-nothing-else')).toBe(true)
    expect(allowed(text, '/late')).toBe(true)
  })

  test('collects sitemaps from anywhere, and they end no run of user-agent lines', () => {
    const robots = parseRobotsTxt(
      'Sitemap: http://a.test/1.xml\nUser-agent: a\nsitemap: http://a.test/2.xml\nUser-agent: b\nDisallow: /',
    )
    expect(robots.sitemaps).toEqual(['http://a.test/1.xml', 'http://a.test/2.xml'])
    expect(robots.groups).toEqual([{ agents: ['a', 'b'], rules: [{ allow: false, pattern: '/' }] }])
  })

  test('survives bytes that are no text', () => {
    const bytes = new Uint8Array(100_000).map((_, index) => (index * 7919) % 256)
    expect(() => parseRobotsTxt(bytes)).not.toThrow()
    expect(parseRobotsTxt('')).toEqual({ groups: [], delays: [], sitemaps: [] })
  })
})

describe('selectRobotsRules', () => {
  const robots = [
    'User-agent: other',
    'Disallow: /other',
    'User-agent: Corral/1.0',
    'Disallow: /first',
    'User-agent: *',
    'Disallow: /star',
    'User-agent: third',
    'User-agent: CORRAL',
    'Disallow: /second',
  ].join('\n')

  test('merges every group that names the product token, in any case', () => {
    expect(allowed(robots, '/first', 'corral')).toBe(false)
    expect(allowed(robots, '/second', 'CorRal/2.0 (+http://x.test)')).toBe(false)
    expect(allowed(robots, '/second', 'third')).toBe(false)
    expect(allowed(robots, '/first', 'third')).toBe(true)
  })

  test('leaves the groups for everybody to those who have none of their own', () => {
    expect(allowed(robots, '/star', 'corral')).toBe(true)
    expect(allowed(robots, '/star', 'nobody')).toBe(false)
    expect(allowed(robots, '/first', 'nobody')).toBe(true)
  })

  test('compares whole product tokens', () => {
    expect(allowed('User-agent: corralling\nDisallow: /', '/a')).toBe(true)
    expect(allowed('User-agent: corr\nDisallow: /', '/a')).toBe(true)
  })

  test('obeys a group of its own that forbids nothing', () => {
    expect(allowed('User-agent: *\nDisallow: /\nUser-agent: corral\nDisallow:', '/a')).toBe(true)
  })

  test('merges several groups for everybody', () => {
    const text =
      'User-agent: *\nDisallow: /a\nUser-agent: x\nDisallow: /\nUser-agent: *\nDisallow: /b'
    expect(allowed(text, '/a')).toBe(false)
    expect(allowed(text, '/b')).toBe(false)
  })

  test('lets a crawl delay between two user-agent lines speak to the first alone', () => {
    const robots = parseRobotsTxt('User-agent: a\nCrawl-delay: 5\n\nUser-agent: b\nDisallow: /x')
    expect(selectRobotsRules(robots, 'a').crawlDelay).toBe(5)
    expect(selectRobotsRules(robots, 'b').crawlDelay).toBeUndefined()
    expect(selectRobotsRules(robots, 'a').rules).toHaveLength(1)
  })

  test('takes the longest crawl delay of its groups', () => {
    const text =
      'User-agent: a\nCrawl-delay: 2.5\nUser-agent: a\nCrawl-delay: 1\nUser-agent: *\nCrawl-delay: 9'
    expect(selectRobotsRules(parseRobotsTxt(text), 'a').crawlDelay).toBe(2.5)
    expect(selectRobotsRules(parseRobotsTxt(text), 'b').crawlDelay).toBe(9)
    expect(
      selectRobotsRules(parseRobotsTxt('User-agent: *\nCrawl-delay: soon\nCrawl-delay: -1'), 'b'),
    ).toEqual({ rules: [] })
  })
})

describe('isAllowedByRobots', () => {
  const rows: [rules: string, path: string, expected: boolean][] = [
    ['Disallow: /', '/robots.txt', true],
    ['Disallow: /', '/', false],
    ['Disallow: /fish', '/fish/salmon.html', false],
    ['Disallow: /fish', '/Fish', true],
    ['Disallow: /fish', '/catfish', true],
    ['Disallow: /fish/', '/fish', true],
    ['Disallow: /*.php', '/index.php?x=1', false],
    ['Disallow: /*.php$', '/index.php', false],
    ['Disallow: /*.php$', '/index.php?x=1', true],
    ['Disallow: /*.php$', '/a.php/b.php', false],
    ['Disallow: /fish*.php', '/fishheads/catfish.php?x', false],
    ['Disallow: /a*a', '/a', true],
    ['Disallow: /a*a$', '/a/a', false],
    ['Disallow: /a$', '/a', false],
    ['Disallow: /a$', '/ab', true],
    ['Disallow: /$', '/', false],
    ['Disallow: /$', '/a', true],
    ['Disallow: *', '/anything', false],
    ['Disallow: /**/b', '/a/b', false],
    // The longest match decides, allow wins a tie.
    ['Disallow: /\nAllow: /p', '/page', true],
    ['Allow: /p\nDisallow: /', '/page', true],
    ['Allow: /page\nDisallow: /page', '/page', true],
    ['Disallow: /page\nAllow: /page', '/page', true],
    ['Allow: /page\nDisallow: /*.htm', '/page.htm', false],
    ['Allow: /$\nDisallow: /', '/', true],
    ['Allow: /$\nDisallow: /', '/page.htm', false],
    // Percent-encoding.
    ['Disallow: /ツ', '/%E3%83%84', false],
    ['Disallow: /%e3%83%84', '/ツ', false],
    ['Disallow: /%62%61%7A', '/baz', false],
    ['Disallow: /baz', '/%62%61%7a', false],
    ['Disallow: /a%2fb', '/a%2Fb', false],
    ['Disallow: /a%2Fb', '/a/b', true],
    ['Disallow: /~user', '/%7Euser', false],
    ['Disallow: /100%', '/100%', false],
    ['Disallow: /star-%2A-', '/star-*-', false],
    ['Disallow: /star-%2A-', '/star-x-', true],
    ['Disallow: /price-%24', '/price-$', false],
    ['Disallow: /a$b', '/a$b', false],
    ['Disallow: /search?q=', '/search?q=1', false],
  ]
  test.each(rows)('%j against %s: %s', (rules, path, expected) => {
    expect(allowed(`User-agent: *\n${rules}`, path)).toBe(expected)
  })

  test('matches a hostile pattern in linear time', async () => {
    const text = `User-agent: *\nDisallow: /${'*a'.repeat(5000)}$`
    const path = `/${'a'.repeat(20_000)}b`
    const ms = await cpuTime(() => expect(allowed(text, path)).toBe(true))
    expect(ms).toBeLessThan(1000)
  })
})
