import { expect, test } from 'vitest'
import { registrableDomain } from '../../src/url/registrable-domain.ts'
import { createScope } from '../../src/url/scope.ts'

test.each([
  ['example.com', 'example.com'],
  ['www.example.com', 'example.com'],
  ['a.b.example.co.uk', 'example.co.uk'],
  ['cow.github.io', 'cow.github.io'],
  ['github.io', 'github.io'],
  ['xn--caf-dma.example.fr', 'example.fr'],
  ['127.0.0.1', '127.0.0.1'],
  ['[::1]', '[::1]'],
  ['localhost', 'localhost'],
  ['a.test', 'a.test'],
  ['b.a.test', 'a.test'],
])('registrableDomain of %s is %s', (host, domain) => {
  expect(registrableDomain(host)).toBe(domain)
})

test('createScope keeps to the domains of the seeds, whatever host and port', () => {
  const seeds = ['https://www.example.co.uk/x', 'http://cow.github.io/', 'http://127.0.0.1:80/']
  const scope = createScope(seeds, { within: 'domain', exclude: [/\.pdf$/] })
  expect(scope('http://example.co.uk/', 1)).toBeUndefined()
  expect(scope('https://shop.example.co.uk:8443/y', 1)).toBeUndefined()
  expect(scope('https://shop.example.co.uk/y.pdf', 1)).toBe('exclude')
  expect(scope('http://evil.co.uk/', 1)).toBe('domain')
  expect(scope('http://example.co.uk.evil.test/', 1)).toBe('domain')
  expect(scope('http://ox.github.io/', 1)).toBe('domain')
  expect(scope('http://127.0.0.1:9999/', 1)).toBeUndefined()
  expect(scope('http://127.0.0.2/', 1)).toBe('domain')
})
