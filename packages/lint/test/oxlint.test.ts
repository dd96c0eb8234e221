import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { plugin } from '../src/index.ts'
import { copyFixtures, expectedFinds, mendedTexts, textsIn } from './fixtures.ts'
import type { Found } from './fixtures.ts'
import { runTool } from './run-tool.ts'

interface Finds {
  readonly diagnostics: readonly {
    readonly code: string
    readonly filename: string
    readonly labels: readonly { readonly span: { readonly line: number } }[]
  }[]
}

const folder = copyFixtures()
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const source = fileURLToPath(new URL('../src/index.ts', import.meta.url))
const text = readFileSync(new URL('../recommended.json', import.meta.url), 'utf8')
const recommended = JSON.parse(text) as { jsPlugins: string[]; rules: Record<string, string> }
writeFileSync(
  `${folder}.oxlintrc.json`,
  JSON.stringify({ ...recommended, jsPlugins: [source], categories: { correctness: 'off' } }),
)

function oxlint(...args: string[]): Promise<string> {
  return runTool('oxlint/bin/oxlint', ['-c', '.oxlintrc.json', ...args], folder)
}

async function finds(): Promise<Found> {
  const { diagnostics } = JSON.parse(await oxlint('--format', 'json')) as Finds
  const found: Record<string, string[]> = {}
  for (const { code, filename, labels } of diagnostics) {
    const rule = code.replace(/^(.*)\((.*)\)$/, '$1/$2')
    ;(found[filename] ??= []).push(`${labels[0]?.span.line} ${rule}`)
  }
  for (const lines of Object.values(found)) lines.sort((a, b) => parseInt(a) - parseInt(b))
  return found
}

describe('under oxlint', () => {
  test('the recommended configuration has every rule', () => {
    expect(Object.keys(recommended.rules)).toEqual(Object.keys(plugin.configs.recommended.rules))
  })

  test('every bad line is reported by its rule, and nothing else', async () => {
    expect(await finds()).toEqual(expectedFinds())
  })

  test('what can be mended is mended, once and for all', async () => {
    // An edit of the imports waits for the one before it: three for one file.
    for (let round = 0; round < 3; round++) await oxlint('--fix')
    expect(textsIn(folder)).toEqual(mendedTexts())
    await oxlint('--fix')
    expect(textsIn(folder)).toEqual(mendedTexts())
  })
})
