import { describe, expect, test } from 'vitest'
import { publicAddresses } from '../../src/fetch/address-guard.ts'

function asker(seeds: readonly string[]) {
  const guard = publicAddresses(seeds)
  return (address: string, hostname: string, port = 80) =>
    guard(address, { hostname, port, family: address.includes(':') ? 6 : 4 })
}

describe('publicAddresses', () => {
  test('lets a seed be where it is, at its port alone', () => {
    const ask = asker(['http://127.0.0.1:8080/', 'http://[::1]:81/', 'http://Wiki.Corp/'])
    expect(ask('127.0.0.1', '127.0.0.1', 8080)).toBe(true)
    expect(ask('127.0.0.1', '127.0.0.1', 6379)).toBe(false)
    expect(ask('127.0.0.1', 'localhost', 8080)).toBe(false)
    expect(ask('::1', '::1', 81)).toBe(true)
    expect(ask('::1', '::1', 80)).toBe(false)
    expect(ask('10.0.0.5', 'wiki.corp', 80)).toBe(true)
    expect(ask('10.0.0.5', 'wiki.corp', 443)).toBe(true)
    expect(ask('10.0.0.5', 'wiki.corp', 8443)).toBe(false)
    expect(ask('10.0.0.5', 'mail.corp', 80)).toBe(false)
  })

  test('does not follow a seed inside that was outside at first', () => {
    const ask = asker(['http://a.test/', 'http://wiki.corp/'])
    expect(ask('8.8.8.8', 'a.test')).toBe(true)
    expect(ask('127.0.0.1', 'a.test')).toBe(false)
    expect(ask('1.1.1.1', 'a.test')).toBe(true)
    expect(ask('10.0.0.5', 'wiki.corp')).toBe(true)
    expect(ask('8.8.8.8', 'wiki.corp')).toBe(true)
    expect(ask('10.0.0.5', 'wiki.corp')).toBe(true)
  })
})
