import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { bashCompletion } from '../../src/completion/bash-completion.ts'
import { commandShapes } from '../../src/completion/command-shape.ts'
import { fishCompletion } from '../../src/completion/fish-completion.ts'
import { zshCompletion } from '../../src/completion/zsh-completion.ts'
import { crawlOptions } from '../../src/options/crawl-options.ts'
import { changeName, entriesOf } from '../../src/options/option.ts'
import { runCommand, temporaryDirectory } from '../command.ts'

const there = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0

/** Sources the script in a shell, with more to run after it. */
function sourced(shell: string, script: string, then: string): string {
  const cwd = temporaryDirectory()
  writeFileSync(join(cwd, 'script'), script)
  writeFileSync(join(cwd, 'data one.db'), '')
  const { stdout, stderr } = spawnSync(shell, ['-c', `source ./script\n${then}`], {
    cwd,
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  return stdout
}

/** What bash offers for the last of these words. */
function offered(...words: string[]): string[] {
  const list = words.map((word) => `'${word}'`).join(' ')
  const then = `COMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _corral
    printf '%s\\n' "\${COMPREPLY[@]}"`
  const lines = sourced('bash', bashCompletion(commandShapes()), then).split('\n')
  return lines.filter((line) => line !== '')
}

describe.runIf(there('bash'))('the completion of bash', () => {
  test('offers commands, what follows them, and their options', () => {
    expect(offered('corral', 'c')).toEqual(['crawl', 'completion'])
    expect(offered('corral', 'crawl', 's')).toEqual(['status', 'skipped'])
    expect(offered('corral', 'crawl', 'http://a.test/', 's')).toEqual([])
    expect(offered('corral', 'crawl', '--max-p')).toEqual(['--max-pages'])
    expect(offered('corral', 'crawl', 'status', '--st')).toEqual(['--store'])
    expect(offered('corral', 'crawl', 'status', '--max')).toEqual([])
    expect(offered('corral', 'completion', '')).toEqual(['bash', 'zsh', 'fish'])
    expect(offered('corral', 'crawl', '--')).toEqual(
      entriesOf(crawlOptions).map(([name, option]) => `--${changeName(name, option)}`),
    )
  })

  test('offers the values of an option, after a blank and after =', () => {
    expect(offered('corral', 'crawl', '--scope', 'p')).toEqual(['prefix'])
    expect(offered('corral', 'crawl', '--scope', '=')).toContain('prefix')
    expect(offered('corral', 'crawl', '--scope', '=', 'an')).toEqual(['anywhere'])
    expect(offered('corral', 'crawl', '--depth', '')).toEqual([])
  })

  test('offers files, those with blanks in their names too', () => {
    expect(offered('corral', 'crawl', '--store', 'da')).toEqual(['data one.db'])
    expect(offered('corral', 'crawl', 'export', 'da')).toEqual(['data one.db'])
    expect(offered('corral', 'crawl', 'status', 'da')).toEqual([])
  })
})

test.runIf(there('zsh'))(
  'the completion of zsh is one that zsh reads, and registers itself',
  () => {
    const script = `autoload -U compinit; compinit -D -u\n${zshCompletion(commandShapes())}`
    expect(sourced('zsh', script, 'echo $_comps[corral]')).toBe('_corral\n')
  },
)

test.runIf(there('fish'))('the completion of fish offers commands, options and values', () => {
  const offers = (line: string): string[] =>
    sourced('fish', fishCompletion(commandShapes()), `complete -C '${line}'`)
      .split('\n')
      .map((row) => row.split('\t')[0] ?? '')
      .filter((word) => word !== '')
  expect(offers('corral crawl --max-p')).toEqual(['--max-pages'])
  expect(offers('corral crawl stat')).toEqual(['status'])
  expect(offers('corral crawl --scope pre')).toEqual(['prefix'])
  expect(offers('corral crawl status --max')).toEqual([])
})

test('corral completion prints them, and refuses other shells', async () => {
  const ended = await Promise.all([
    ...['bash', 'zsh', 'fish'].map((shell) => runCommand(['completion', shell])),
    runCommand(['completion', 'csh']),
    runCommand(['completion']),
  ])
  expect(ended.slice(0, 3).map(({ stdout }) => stdout)).toEqual(
    [bashCompletion, zshCompletion, fishCompletion].map((script) => script(commandShapes())),
  )
  expect(ended.slice(3).map(({ code, stderr }) => `${code} ${stderr}`)).toEqual([
    '2 corral completion: the shell must be bash, zsh or fish, got "csh"\n',
    '2 corral completion: no shell given; name bash, zsh or fish\n',
  ])
})
