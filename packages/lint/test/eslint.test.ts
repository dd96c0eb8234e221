import { rmSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import * as parser from '@typescript-eslint/parser'
import { ESLint } from 'eslint'
import type { Linter } from 'eslint'
import { relative } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { plugin } from '../src/index.ts'
import { copyFixtures, expectedFinds, mendedTexts, textsIn } from './fixtures.ts'
import type { Found } from './fixtures.ts'
import { runTool } from './run-tool.ts'

const folder = copyFixtures()
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const config: Linter.Config[] = [
  { files: ['**/*.ts'], languageOptions: { parser } },
  plugin.configs.recommended,
]

function eslint(fix = false): Promise<ESLint.LintResult[]> {
  const options = { cwd: folder, overrideConfigFile: true, overrideConfig: config, fix } as const
  return new ESLint(options).lintFiles(['**/*.ts'])
}

function linesOf(results: readonly ESLint.LintResult[]): Found {
  const found = results.map(({ filePath, messages }): [string, string[]] => [
    relative(folder, filePath).replaceAll('\\', '/'),
    messages.map(({ line, ruleId, message }) => `${line} ${ruleId ?? message}`),
  ])
  return Object.fromEntries(found.filter(([, lines]) => lines.length > 0))
}

describe('under ESLint', () => {
  test('every bad line is reported by its rule, and nothing else', async () => {
    expect(linesOf(await eslint())).toEqual(expectedFinds())
  })

  test('JavaScript needs no parser of its own', async () => {
    const options = { cwd: folder, overrideConfigFile: true } as const
    const linter = new ESLint({ ...options, overrideConfig: [plugin.configs.recommended] })
    const code = `import { Lock } from 'corral'\nconst lock = new Lock()\nlock.acquire()`
    expect(linesOf(await linter.lintText(code, { filePath: 'a.js' }))).toEqual({
      'a.js': ['3 corral/no-forgotten-await'],
    })
  })

  test('its command reports the same', async () => {
    const from = (path: string): string => JSON.stringify(pathToFileURL(path).href)
    const source = new URL('../src/index.ts', import.meta.url).pathname
    const installed = new URL(import.meta.resolve('@typescript-eslint/parser')).pathname
    writeFileSync(
      `${folder}eslint.config.js`,
      `import plugin from ${from(source)}
import * as parser from ${from(installed)}
export default [{ files: ['**/*.ts'], languageOptions: { parser } }, plugin.configs.recommended]`,
    )
    const printed = await runTool('eslint/bin/eslint.js', ['--format', 'json', '**/*.ts'], folder)
    expect(linesOf(JSON.parse(printed) as ESLint.LintResult[])).toEqual(expectedFinds())
  })

  test('what can be mended is mended, once and for all', async () => {
    const mended = await eslint(true)
    await ESLint.outputFixes(mended)
    expect(textsIn(folder)).toEqual(mendedTexts())
    expect((await eslint(true)).flatMap(({ output }) => output ?? [])).toEqual([])
    expect(mended.some(({ fatalErrorCount }) => fatalErrorCount > 0)).toBe(false)
  })
})
