import { describe, expect, test } from 'vitest'
import { hostOf, originOf } from '../../src/url/origin.ts'
import { createScope } from '../../src/url/scope.ts'

const seeds = ['http://a.test/docs/index.html', 'http://b.test:8080/']

describe('createScope', () => {
  test('keeps to the hosts and ports of the seeds', () => {
    const scope = createScope(seeds)
    expect(scope('http://a.test/x', 1)).toBeUndefined()
    expect(scope('https://a.test/x', 1)).toBeUndefined()
    expect(scope('http://b.test:8080/x', 1)).toBeUndefined()
    expect(scope('http://b.test/x', 1)).toBe('host')
    expect(scope('http://www.a.test/x', 1)).toBe('host')
    expect(scope('http://a.test.evil.test/x', 1)).toBe('host')
  })

  test('keeps below the directories of the seeds', () => {
    const scope = createScope(['http://a.test/docs/index.html'], { within: 'prefix' })
    expect(scope('http://a.test/docs/deep/x', 1)).toBeUndefined()
    expect(scope('http://a.test/docs/', 1)).toBeUndefined()
    expect(scope('http://a.test/docs2/', 1)).toBe('prefix')
    expect(scope('https://a.test/docs/', 1)).toBe('prefix')
  })

  test('takes what a seed redirects to for a seed', () => {
    const host = createScope(['http://a.test/'])
    expect(host('http://www.a.test/x', 1)).toBe('host')
    host.admit('http://www.a.test/', 'http://a.test/')
    expect(host('http://www.a.test/x', 1)).toBeUndefined()
    expect(host('http://a.test/x', 1)).toBeUndefined()
    const domain = createScope(['http://a.test/'], { within: 'domain' })
    expect(domain('http://x.b.test/', 1)).toBe('domain')
    domain.admit('http://b.test/', 'http://a.test/')
    expect(domain('http://x.b.test/', 1)).toBeUndefined()
  })

  test('keeps below a directory that was named without its slash, once it redirects there', () => {
    const within = 'prefix' as const
    const alone = createScope(['http://a.test/docs'], { within })
    expect(alone('http://a.test/blog', 1)).toBeUndefined()
    alone.admit('http://a.test/docs/', 'http://a.test/docs')
    expect(alone('http://a.test/docs/x', 1)).toBeUndefined()
    expect(alone('http://a.test/docs', 1)).toBeUndefined()
    expect(alone('http://a.test/blog', 1)).toBe('prefix')
    const two = createScope(['http://a.test/docs', 'http://a.test/index.html'], { within })
    two.admit('http://a.test/docs/', 'http://a.test/docs')
    expect(two('http://a.test/blog', 1)).toBeUndefined()
  })

  test('goes anywhere when asked, as deep as asked', () => {
    const scope = createScope(seeds, { within: 'anywhere', maxDepth: 2 })
    expect(scope('http://c.test/', 2)).toBeUndefined()
    expect(scope('http://c.test/', 3)).toBe('depth')
    expect(createScope(seeds, { maxDepth: 2 })('http://c.test/', 3)).toBe('host')
  })

  test('obeys patterns, exclude before include, also global ones', () => {
    const scope = createScope(seeds, { include: [/\.html$/g], exclude: [/private/gy, /secret/g] })
    for (let times = 0; times < 3; times++) {
      expect(scope('http://a.test/x.html', 1)).toBeUndefined()
      expect(scope('http://a.test/x.pdf', 1)).toBe('include')
      expect(scope('http://a.test/secret.html', 1)).toBe('exclude')
    }
  })

  test('never refuses a seed', () => {
    const scope = createScope(seeds, { exclude: [/./], maxDepth: 0 })
    expect(scope('http://a.test/docs/index.html', 0)).toBeUndefined()
    expect(scope('http://a.test/docs/', 1)).toBe('exclude')
  })
})

test.each([
  ['http://a.test/x/y', 'a.test', 'http://a.test'],
  ['https://a.test:8080/?q=/', 'a.test:8080', 'https://a.test:8080'],
  ['http://[::1]:81/', '[::1]:81', 'http://[::1]:81'],
])('hostOf and originOf agree with URL on %s', (url, host, origin) => {
  expect(hostOf(url)).toBe(host)
  expect(originOf(url)).toBe(origin)
})
