import { expect, test } from 'vitest'
import { closestWord } from '../../src/options/closest-word.ts'

const known = ['depth', 'delay', 'max-pages', 'max-size', 'store', 'help', 'concurrency']

test.each([
  ['dept', 'depth'],
  ['dpeth', 'depth'],
  ['deptth', 'depth'],
  ['maxpages', 'max-pages'],
  ['conc', 'concurrency'],
  ['max', undefined],
  ['x', undefined],
  ['verbose', undefined],
  ['', undefined],
])('closestWord of %j is %j', (word, meant) => {
  expect(closestWord(word, known)).toBe(meant)
})
