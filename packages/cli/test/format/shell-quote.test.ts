import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { shellQuote } from '../../src/format/shell-quote.ts'

test('shellQuote makes what a shell splits into the same words', () => {
  const words = [
    'crawl',
    'http://a.test/?a=1&b=$HOME',
    "it's",
    '',
    'a b',
    '*',
    '--x=y',
    '`id`',
    '\\',
    '!x',
  ]
  const line = shellQuote(words)
  const split = execFileSync('sh', ['-c', `printf '%s\\n' ${line}`], { encoding: 'utf8' })
  expect(split).toBe(`${words.join('\n')}\n`)
  expect(shellQuote(['crawl', 'http://a.test/x'])).toBe('crawl http://a.test/x')
})
