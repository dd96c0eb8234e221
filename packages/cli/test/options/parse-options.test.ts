import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ConfigFile } from '../../src/options/config-file.ts'
import type { OptionTable } from '../../src/options/option.ts'
import { parseOptions } from '../../src/options/parse-options.ts'
import { UsageError } from '../../src/options/usage-error.ts'
import { choice, count, pattern } from '../../src/options/value-kind.ts'
import { temporaryDirectory } from '../command.ts'

interface Settings {
  readonly maxPages: number | undefined
  readonly level: number
  readonly scope: 'near' | 'far'
  readonly skip: readonly RegExp[]
  readonly loud: boolean
  readonly board: number | undefined
}

const table: OptionTable<Settings> = {
  maxPages: { takes: count(1), help: 'pages' },
  level: { takes: count(0), initial: '3', help: 'level', short: 'l' },
  scope: { takes: choice(['near', 'far']), initial: 'near', help: 'scope' },
  skip: { takes: pattern(), multiple: true, help: 'skip' },
  loud: { short: 'L', help: 'loud' },
  board: { takes: count(1), alone: '80', help: 'board' },
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
      board: undefined,
    })
  })

  test('takes what follows an option that stands alone only if it can be its value', () => {
    expect(parseOptions(table, ['--board', 'x'])).toMatchObject({
      values: { board: 80 },
      positionals: ['x'],
    })
    expect(parseOptions(table, ['--board', '81', 'x'])).toMatchObject({
      values: { board: 81 },
      positionals: ['x'],
    })
    expect(values('--board', '--loud')).toMatchObject({ board: 80, loud: true })
    expect(values('--board=82')).toMatchObject({ board: 82 })
    expect(parseOptions(table, ['--', '--board']).positionals).toEqual(['--board'])
  })

  test('turns off with --no- what takes no value', () => {
    expect(values('--loud', '--no-loud').loud).toBe(false)
    expect(values('--no-loud', '--loud').loud).toBe(true)
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
    expect([...given.keys()]).toEqual(['loud'])
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
    [['--no-loud=1'], '--no-loud takes no value, got "1"'],
    [['--no-level'], 'unknown option --no-level; --help lists them'],
    [['--board=x'], '--board must be a whole number from 1 upwards, got "x"'],
    [['--maxPages', '5'], 'unknown option --maxPages; did you mean --max-pages?'],
    [['--constructor'], 'unknown option --constructor; --help lists them'],
    [['-x'], 'unknown option -x; --help lists them'],
  ])('refuses %j', (args, message) => {
    expect(() => values(...args)).toThrow(new UsageError(message))
  })
})

describe('parseOptions with an environment and a config file', () => {
  function layered(args: string[], env: Record<string, string>, config: object): Settings {
    const file = join(temporaryDirectory(), 'c.json')
    writeFileSync(file, JSON.stringify(config))
    const known = ['urls', ...Object.keys(table)]
    return parseOptions(table, args, { env, config: () => ConfigFile.read(file, known) }).values
  }

  test('lets flags beat the environment, that the file, and that the defaults', () => {
    const config = { level: 4, maxPages: 5, scope: 'far', loud: true, skip: ['a', 'b'] }
    const env = { CORRAL_MAX_PAGES: '6', CORRAL_SCOPE: 'near', CORRAL_LOUD: '0' }
    expect(layered(['--scope', 'far'], env, config)).toEqual({
      level: 4,
      maxPages: 6,
      scope: 'far',
      loud: false,
      skip: [/a/u, /b/u],
      board: undefined,
    })
    expect(layered(['--skip', 'c', '--no-loud'], { CORRAL_SKIP: 'x\ny' }, config)).toMatchObject({
      skip: [/c/u],
      loud: false,
    })
    expect(layered([], { CORRAL_SKIP: 'x\n\ny', CORRAL_LEVEL: '' }, config)).toMatchObject({
      skip: [/x/u, /y/u],
      level: 4,
    })
  })

  test.each([
    [{ CORRAL_LEVEL: 'x' }, 'CORRAL_LEVEL must be a whole number from 0 upwards, got "x"'],
    [{ CORRAL_LOUD: 'loud' }, 'CORRAL_LOUD must be 1 or 0, got "loud"'],
    [{ CORRAL_SKIP: 'a\n(' }, 'CORRAL_SKIP must be a regular expression, got "("'],
    [{ CORRAL_MAXPAGES: '1' }, 'CORRAL_MAXPAGES is not known; did you mean CORRAL_MAX_PAGES?'],
    [{ CORRAL_LEVLE: '1' }, 'CORRAL_LEVLE is not known; did you mean CORRAL_LEVEL?'],
  ])('refuses the environment %j', (env, message) => {
    expect(() => parseOptions(table, [], { env })).toThrow(new UsageError(message))
  })

  test('leaves variables alone that belong to others', () => {
    const env = { CORRAL_SOMETHING_ELSE: '1', LEVEL: 'x', CORRAL_: 'x' }
    expect(parseOptions(table, [], { env }).values.level).toBe(3)
  })

  test('shows help whatever else is wrong', () => {
    interface Help {
      readonly help: boolean
      readonly level: number
    }
    const own: OptionTable<Help> = { help: { help: 'x', flagOnly: true }, level: table.level }
    const sources = { env: { CORRAL_LEVEL: 'x' }, config: () => expect.unreachable() as ConfigFile }
    expect(parseOptions(own, ['--help'], sources).values.help).toBe(true)
    expect(() => parseOptions(own, ['--no-help'], {})).toThrow('unknown option --no-help')
  })
})
