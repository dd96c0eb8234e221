import { expect, test } from 'vitest'
import { formatFullHelp, formatHelp } from '../../src/options/format-help.ts'
import type { OptionTable } from '../../src/options/option.ts'
import { count, pattern } from '../../src/options/value-kind.ts'

interface Settings {
  readonly level: number
  readonly skip: readonly RegExp[]
  readonly loud: boolean
}

const table: OptionTable<Settings> = {
  level: { takes: count(0), initial: '3', help: 'how high' },
  skip: { takes: pattern(), multiple: true, help: 'what to leave out' },
  loud: { short: 'L', help: 'be heard' },
}

test('formatHelp shows usage, options with their defaults, and examples', () => {
  const text = formatHelp(table, {
    usage: ['tool [options] <file>', 'tool list'],
    about: 'Does things.',
    examples: [
      ['tool --level 4 x', 'one higher'],
      ['tool list', 'what there is'],
    ],
  })
  expect(text).toBe(`Usage: tool [options] <file>
       tool list

Does things.

Options:
  --level <n>     how high [3]
  --skip <regex>  what to leave out (repeatable)
  -L, --loud      be heard

Examples:
  tool --level 4 x  one higher
  tool list         what there is
`)
})

test('formatHelp shows the essential options where some are, formatFullHelp all of them in groups', () => {
  const grouped: OptionTable<Settings> = {
    level: { takes: count(0), initial: '3', help: 'how high', group: 'Shape' },
    skip: { takes: pattern(), multiple: true, help: 'what to leave out', group: 'Shape' },
    loud: { short: 'L', help: 'be heard', group: 'Manners', essential: true },
  }
  const text = { usage: ['tool'], about: 'Does.', examples: [['tool', 'x']] as const }
  expect(formatHelp(grouped, { ...text, more: 'More: tool --help all' })).toBe(`Usage: tool

Does.

Options:
  -L, --loud  be heard

Examples:
  tool  x

More: tool --help all
`)
  expect(formatFullHelp(grouped, text)).toBe(`Usage: tool

Does.

Shape:
  --level <n>     how high [3]
  --skip <regex>  what to leave out (repeatable)

Manners:
  -L, --loud      be heard

Examples:
  tool  x
`)
})
