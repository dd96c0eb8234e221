import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ConfigFile } from '../../src/options/config-file.ts'
import type { AnyOption } from '../../src/options/option.ts'
import { UsageError } from '../../src/options/usage-error.ts'
import { count, duration, pattern } from '../../src/options/value-kind.ts'
import { runCommand, temporaryDirectory } from '../command.ts'

const entries: readonly (readonly [string, AnyOption])[] = [
  ['depth', { takes: count(0), help: '' }],
  ['delay', { takes: duration(), help: '' }],
  ['skip', { takes: pattern(), multiple: true, help: '' }],
  ['loud', { help: '' }],
  ['help', { help: '', flagOnly: true }],
]
const known = ['urls', 'depth', 'delay', 'skip', 'loud', 'elsewhere']

function read(text: string): ConfigFile {
  const file = join(temporaryDirectory(), 'c.json')
  writeFileSync(file, text)
  return ConfigFile.read(file, known)
}

describe('ConfigFile', () => {
  test('has values of every kind, as numbers, texts and lists', () => {
    const text =
      '\uFEFF{"depth":2,"delay":"2s","skip":"a","loud":true,"elsewhere":[1],"$schema":"x"}'
    expect(Object.fromEntries(read(text).values(entries))).toEqual({
      depth: 2,
      delay: 2000,
      skip: [/a/u],
      loud: true,
    })
    expect(read('{"delay":250}').values(entries).get('delay')).toBe(250)
    expect(read('{"urls":["http://a.test/"]}').urls()).toEqual(['http://a.test/'])
    expect(read('{}').urls()).toEqual([])
  })

  test.each([
    ['{"dept":2}', 'dept is not known; did you mean depth?'],
    ['{"__proto__":1}', '__proto__ is not known'],
    ['{"help":true}', 'help is not known'],
    ['{"depth":"x"}', 'depth must be a whole number from 0 upwards, got "x"'],
    ['{"depth":1.5}', 'depth must be a whole number from 0 upwards, got 1.5 (number)'],
    ['{"depth":true}', 'depth must be a whole number from 0 upwards, got true (boolean)'],
    ['{"depth":null}', 'depth must be a whole number from 0 upwards, got null (null)'],
    ['{"depth":[1]}', 'depth must be a whole number from 0 upwards, got [1] (array)'],
    ['{"loud":"yes"}', 'loud must be true or false, got "yes" (string)'],
    ['{"skip":["a","("]}', 'skip must be a regular expression, got "("'],
    ['{"skip":[["a"]]}', 'skip must be a regular expression, got ["a"] (array)'],
  ])('refuses %s, naming file and key', (text, message) => {
    const values = (): unknown => read(text).values(entries)
    expect(values).toThrow(UsageError)
    expect(values).toThrow(new RegExp(`c\\.json: ${RegExp.escape(message)}$`))
  })

  test('refuses what is no object of JSON', () => {
    expect(() => read('[]')).toThrow(/c\.json must be one JSON object, got \[\] \(array\)$/)
    expect(() => read('{"depth":1,}')).toThrow(/c\.json is no JSON: .*line 1 column 12/)
    expect(() => read('')).toThrow(/c\.json is no JSON: /)
    expect(() => read('{"urls":[1]}').urls()).toThrow(
      /urls must be a list of URLs, got 1 \(number\)/,
    )
  })

  test('must be there when it is named, and need not otherwise', () => {
    const directory = temporaryDirectory()
    expect(() => ConfigFile.read(join(directory, 'x.json'), known)).toThrow(/x\.json is not there/)
    mkdirSync(join(directory, 'd.json'))
    expect(() => ConfigFile.read(join(directory, 'd.json'), known)).toThrow(/cannot be read/)
    expect(ConfigFile.read(undefined, known).values(entries).size).toBe(0)
  })
})

describe('corral.config.json', () => {
  test('is read where the command is given, and says where to start', async () => {
    const cwd = temporaryDirectory()
    const config = { urls: ['ftp://a.test/'], store: 'docs.db', depth: 3 }
    writeFileSync(join(cwd, 'corral.config.json'), JSON.stringify(config))
    const crawl = await runCommand(['crawl'], cwd)
    expect(crawl.stderr).toBe('corral crawl: "ftp://a.test/" is no http or https URL\n')
    const status = await runCommand(['crawl', 'status'], cwd)
    expect(status.stderr).toBe('corral crawl: store docs.db is not there; crawl into it first\n')
    const other = await runCommand(['crawl', 'status', '--store', 'x.db'], cwd)
    expect(other.stderr).toContain('store x.db is not there')
  })

  test('is beaten by the environment, and that by flags', async () => {
    const cwd = temporaryDirectory()
    writeFileSync(join(cwd, 'other.json'), '{"store":"file.db","json":true}')
    const status = async (args: string[], env: Record<string, string>): Promise<string> =>
      (await runCommand(['crawl', 'status', ...args], cwd, env)).stderr
    const CORRAL_CONFIG = 'other.json'
    expect(await status([], { CORRAL_CONFIG })).toContain('store file.db is not there')
    const env = { CORRAL_CONFIG, CORRAL_STORE: 'env.db' }
    expect(await status([], env)).toContain('store env.db is not there')
    expect(await status(['--store', 'flag.db'], env)).toContain('store flag.db is not there')
    expect(await status([], { CORRAL_JSON: 'maybe' })).toBe(
      'corral crawl: CORRAL_JSON must be 1 or 0, got "maybe"\n',
    )
    expect(await status([], { CORRAL_CONFIG: 'no.json' })).toBe(
      'corral crawl: config no.json is not there; name a file of JSON\n',
    )
  })

  test.each([
    [{ depht: 1 }, 'corral.config.json: depht is not known; did you mean depth?'],
    [
      { scope: 'hots' },
      'corral.config.json: scope must be host, domain, prefix or anywhere, got "hots"',
    ],
    [
      { timeout: 0 },
      'corral.config.json: timeout must be a time such as 500ms, 2s or 1m, at least 1ms, got 0 (number)',
    ],
  ])('is refused with one line: %j', async (config, message) => {
    const cwd = temporaryDirectory()
    writeFileSync(join(cwd, 'corral.config.json'), JSON.stringify(config))
    const { code, stdout, stderr } = await runCommand(['crawl', 'http://a.test/'], cwd)
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: '',
      stderr: `corral crawl: ${message}\n`,
    })
  })
})
