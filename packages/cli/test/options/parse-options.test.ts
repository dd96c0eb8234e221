import { describe, expect, test } from 'vitest'
import type { OptionTable } from '../../src/options/option.ts'
import { parseOptions } from '../../src/options/parse-options.ts'
import { UsageError } from '../../src/options/usage-error.ts'
import { choice, count, pattern } from '../../src/options/value-kind.ts'

interface Settings {
  readonly maxPages: number | undefined
  readonly level: number
  readonly scope: 'near' | 'far'
  readonly skip: readonly RegExp[]
  readonly loud: boolean
}

const table: OptionTable<Settings> = {
  maxPages: { takes: count(1), help: 'pages' },
  level: { takes: count(0), initial: '3', help: 'level', short: 'l' },
  scope: { takes: choice(['near', 'far']), initial: 'near', help: 'scope' },
  skip: { takes: pattern(), multiple: true, help: 'skip' },
  loud: { short: 'L', help: 'loud' },
}

const values = (...args: string[]): Settings => parseOptions(table, args).values

describe('parseOptions', () => {
  test('fills in what is left out', () => {
    expect(values()).toEqual({
      maxPages: undefined,
      level: 3,
      scope: 'near',
      skip: [],
      loud: false,
    })
  })

  test('takes values after a blank, after =, and after a letter', () => {
    expect(values('--max-pages', '5')).toMatchObject({ maxPages: 5 })
    expect(values('--max-pages=5', '-l', '7', '-L')).toMatchObject({
      maxPages: 5,
      level: 7,
      loud: true,
    })
    expect(values('-Ll8')).toMatchObject({ level: 8, loud: true })
  })

  test('keeps the last value, and all values of an option that collects', () => {
    expect(values('--level', '1', '--level', '2')).toMatchObject({ level: 2 })
    expect(values('--skip', 'a', '--skip=-b').skip).toEqual([/a/u, /-b/u])
  })

  test('tells options, arguments and what was given apart', () => {
    const { positionals, given } = parseOptions(table, ['x', '--loud', 'y', '--', '--level', '-z'])
    expect(positionals).toEqual(['x', 'y', '--level', '-z'])
    expect([...given]).toEqual(['loud'])
  })

  test.each([
    [['--max-pages', 'many'], '--max-pages must be a whole number from 1 upwards, got "many"'],
    [['--max-pages', '0'], '--max-pages must be a whole number from 1 upwards, got "0"'],
    [['--max-pages', '-5'], '--max-pages must be a whole number from 1 upwards, got "-5"'],
    [['--max-pages='], '--max-pages must be a whole number from 1 upwards, got ""'],
    [['-l', 'x'], '-l must be a whole number from 0 upwards, got "x"'],
    [['--scope', 'nearby'], '--scope must be near or far, got "nearby"'],
    [['--skip', '('], '--skip must be a regular expression, got "("'],
    [['--max-pages'], '--max-pages needs a value: a whole number from 1 upwards'],
    [['--max-pages', '--loud'], '--max-pages needs a value: a whole number from 1 upwards'],
    [['--loud=yes'], '--loud takes no value, got "yes"'],
    [['--max-page', '5'], 'unknown option --max-page; did you mean --max-pages?'],
    [['--no-loud'], 'unknown option --no-loud'],
    [['--maxPages', '5'], 'unknown option --maxPages; did you mean --max-pages?'],
    [['--constructor'], 'unknown option --constructor'],
    [['-x'], 'unknown option -x'],
  ])('refuses %j', (args, message) => {
    expect(() => values(...args)).toThrow(new UsageError(message))
  })
})
