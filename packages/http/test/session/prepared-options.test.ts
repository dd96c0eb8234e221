import { expect, test } from 'vitest'
import { settingsOf } from '../../src/options.ts'
import { defaultHeaders } from '../../src/session/make-request.ts'
import { PreparedOptions } from '../../src/session/prepared-options.ts'

function prepared(): PreparedOptions {
  return new PreparedOptions(settingsOf('test', { maxBytes: 9 }), defaultHeaders({ 'x-a': 'ours' }))
}

test('PreparedOptions makes the same once, whoever says it', () => {
  const options = prepared()
  const first = options.of({ timeout: 5, headers: { 'X-B': 'b' } })
  expect(first.settings).toMatchObject({ timeout: 5, maxBytes: 9 })
  expect(first.headers).toMatchObject({ 'x-a': 'ours', 'x-b': 'b' })
  expect(options.of({ headers: { 'X-B': 'b' }, timeout: 5 })).toBe(first)
})

test.each([
  ['another value', { timeout: 5, headers: { 'x-b': 'c' } }],
  ['another name', { timeout: 5, headers: { 'x-c': 'b' } }],
  ['one header more', { timeout: 5, headers: { 'x-b': 'b', 'x-c': 'c' } }],
  ['one header less', { timeout: 5, headers: {} }],
  ['another setting', { timeout: 6, headers: { 'x-b': 'b' } }],
  ['one setting more', { timeout: 5, decompress: false, headers: { 'x-b': 'b' } }],
  ['a body', { timeout: 5, json: 1, headers: { 'x-b': 'b' } }],
])('PreparedOptions sees %s', (_what, other) => {
  const options = prepared()
  const first = options.of({ timeout: 5, headers: { 'x-b': 'b' } })
  expect(options.of(other)).not.toBe(first)
  expect(options.of(other)).toEqual(prepared().of(other))
})

test('PreparedOptions sees what was changed in the options that it knows', () => {
  const options = prepared()
  const list = ['1']
  const said = { timeout: 5, headers: { 'x-b': 'b' } as Record<string, string | string[]> }
  options.of(said)
  said.headers['x-b'] = 'c'
  expect(options.of(said).headers['x-b']).toBe('c')
  said.headers['x-b'] = list
  expect(options.of(said).headers['x-b']).toEqual(['1'])
  list.push('2')
  expect(options.of(said).headers['x-b']).toEqual(['1', '2'])
  said.timeout = 7
  expect(options.of(said).settings.timeout).toBe(7)
})

test('PreparedOptions refuses what is wrong however often it is said', () => {
  const options = prepared()
  for (let time = 0; time < 2; time++) {
    expect(() => options.of({ headers: { 'x y': 'z' } })).toThrow('header name')
    expect(() => options.of({ timeout: -1 })).toThrow('timeout')
  }
})
