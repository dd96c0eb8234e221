import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import packageJson from '../package.json' with { type: 'json' }
import { crawlOptions } from '../src/options/crawl-options.ts'
import { changeName, entriesOf } from '../src/options/option.ts'
import { runCommand, temporaryDirectory } from './command.ts'

describe('corral', () => {
  test.each([
    [[], 'corral: no command given; corral --help lists them'],
    [['crwal'], 'corral: unknown command crwal; did you mean crawl?'],
    [['--verbose'], 'corral: unknown option --verbose; corral --help lists them'],
    [['crawl'], 'corral crawl: no URL given; name where to start, such as https://example.org/'],
    [['crawl', 'nonsense'], 'corral crawl: "nonsense" is no http or https URL'],
    [
      ['crawl', 'example.org/x'],
      'corral crawl: "example.org/x" is no http or https URL; did you mean https://example.org/x?',
    ],
    [['crawl', 'http://a.test/', 'http://'], 'corral crawl: "http://" is no http or https URL'],
    [['crawl', 'ftp://a.test/'], 'corral crawl: "ftp://a.test/" is no http or https URL'],
    [
      ['crawl', 'http://a.test/', '--dept', '2'],
      'corral crawl: unknown option --dept; did you mean --depth?',
    ],
    [
      ['crawl', 'http://a.test/', '--concurrency', '0'],
      'corral crawl: --concurrency must be a whole number from 1 to 10000, got "0"',
    ],
    [
      ['crawl', 'http://a.test/', '--timeout', 'soon'],
      'corral crawl: --timeout must be a time such as 500ms, 2s or 1m, at least 1ms, got "soon"',
    ],
    [
      ['crawl', 'http://a.test/', '--export', 'out.xml'],
      'corral crawl: --export must be a file name that ends in .jsonl or .csv, got "out.xml"',
    ],
    [
      ['crawl', 'http://a.test/', '--same-host', '--scope', 'anywhere'],
      'corral crawl: --same-host and --scope anywhere exclude each other; leave one out',
    ],
    [['crawl', 'status', 'x.db'], 'corral crawl: unexpected argument "x.db"'],
    [
      ['crawl', 'export'],
      'corral crawl: no file given; give a file name that ends in .jsonl or .csv',
    ],
    [
      ['demo', '--port', '99999'],
      'corral demo: --port must be a whole number from 1 to 65535, got "99999"',
    ],
  ])('refuses %j with one line and exit code 2', async (args, message) => {
    const directory = temporaryDirectory()
    expect(await runCommand(args, directory)).toEqual({
      code: 2,
      signal: null,
      stdout: '',
      stderr: `${message}\n`,
    })
    expect(readdirSync(directory)).toEqual([])
  })

  test.each([
    [['--help']],
    [['crawl', '--help']],
    [['crawl', 'status', '-h']],
    [['demo', '--help']],
    [['completion', '--help']],
  ])('explains itself on one screen: %j', async (args) => {
    const { code, stdout, stderr } = await runCommand(args)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const lines = stdout.split('\n')
    // A screen of 24 lines, and the prompt below.
    expect(lines.length).toBeLessThanOrEqual(24)
    expect(lines.filter((line) => line.length > 80)).toEqual([])
    expect(stdout).toMatch(/^Usage: corral /)
  })

  test('has every option in the help for those who ask for all', async () => {
    const { code, stdout } = await runCommand(['crawl', '--help', 'all'])
    expect(code).toBe(0)
    const flags = entriesOf(crawlOptions).map(([name, option]) => `--${changeName(name, option)}`)
    expect(flags.filter((flag) => !stdout.includes(flag))).toEqual([])
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
  })

  test('says which version it is', async () => {
    const said = await Promise.all([runCommand(['--version']), runCommand(['crawl', '-V'])])
    expect(said.map(({ stdout }) => stdout)).toEqual(Array(2).fill(`${packageJson.version}\n`))
  })

  test('shows a stack only with --debug', async () => {
    const { code, stderr } = await runCommand(['crawl', '--debug'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/^corral crawl: no URL given.*\nUsageError: no URL given.*\n {4}at /)
  })
})
