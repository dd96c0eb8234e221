import { describe, expect, test } from 'vitest'
import {
  choice,
  count,
  duration,
  exportFile,
  headerText,
  line,
  pattern,
  size,
} from '../../src/options/value-kind.ts'

describe('count', () => {
  test('takes whole numbers of its range and nothing else', () => {
    const { parse } = count(1, 100)
    expect(['1', '100', '007'].map(parse)).toEqual([1, 100, 7])
    const wrong = ['0', '101', '-1', '1.5', '1e2', '', ' 1', '0x1', 'NaN', '9'.repeat(30)]
    expect(wrong.map(parse)).toEqual(wrong.map(() => undefined))
  })

  test('says its range', () => {
    expect(count(0).rule).toBe('a whole number from 0 upwards')
    expect(count(1, 9).rule).toBe('a whole number from 1 to 9')
  })
})

test('duration takes milliseconds, or a number with a unit', () => {
  const { parse } = duration()
  expect(['250', '250ms', '1.5s', '2m', '1h', '0', '3S'].map(parse)).toEqual([
    250, 250, 1500, 120_000, 3_600_000, 0, 3000,
  ])
  const wrong = ['', 's', '-1s', '1 s', '1d', '1e3', 'Infinity', 'constructor', '1constructor']
  expect(wrong.map(parse)).toEqual(wrong.map(() => undefined))
  expect(duration(1).parse('0')).toBeUndefined()
})

test('size takes bytes, or a number with a unit', () => {
  const { parse } = size()
  expect(['1', '1kb', '1.5MB', '2g'].map(parse)).toEqual([1, 1024, 1_572_864, 2 * 1024 ** 3])
  expect(['0', '0.4', '1tb', '-1', '1ms', ''].map(parse)).toEqual(Array(6).fill(undefined))
})

test('choice takes its words, as they are written', () => {
  const { parse, rule, placeholder } = choice(['host', 'prefix', 'anywhere'])
  expect(['host', 'anywhere', 'Host', 'hos', ''].map(parse)).toEqual([
    'host',
    'anywhere',
    undefined,
    undefined,
    undefined,
  ])
  expect(rule).toBe('host, prefix or anywhere')
  expect(placeholder).toBe('host|prefix|anywhere')
})

test('pattern takes what JavaScript takes', () => {
  const { parse } = pattern()
  expect(parse('/docs/.*')?.test('http://a.test/docs/x')).toBe(true)
  expect(parse('(')).toBeUndefined()
})

test('line, exportFile and headerText take what can be used', () => {
  expect(['a b', ' ', '', 'a\nb', 'a\0'].map(line('<file>').parse)).toEqual([
    'a b',
    undefined,
    undefined,
    undefined,
    undefined,
  ])
  const files = ['a.csv', 'x/y.jsonl', '.csv', 'x/.csv', 'a.json', 'a.csv.gz']
  expect(files.map(exportFile.parse)).toEqual(['a.csv', 'x/y.jsonl', ...Array(4).fill(undefined)])
  expect(['Bot/1 (x)', 'Bot\n', 'Bot\u00e9', ''].map(headerText.parse)).toEqual([
    'Bot/1 (x)',
    undefined,
    undefined,
    undefined,
  ])
})
