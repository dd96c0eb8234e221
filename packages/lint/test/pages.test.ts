import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { plugin } from '../src/index.ts'
import { fixtures, ruleNames } from './fixtures.ts'

function read(path: string): string {
  return readFileSync(new URL(`../../../docs/reference/${path}`, import.meta.url), 'utf8')
}

test('every rule has its bad and its good program, and a row in the index', () => {
  expect(Object.keys(plugin.rules)).toEqual(ruleNames)
  const index = read('lint.md')
  expect(ruleNames.filter((name) => !index.includes(`(lint/${name}.md)`))).toEqual([])
})

describe.each(ruleNames)('the page of %s', (name) => {
  const page = read(`lint/${name}.md`)

  test.each(['bad', 'good'])('shows the %s program that the tests run', (kind) => {
    expect(page).toContain(readFileSync(`${fixtures}${name}/${kind}.ts`, 'utf8').trim())
  })

  test('names all options', () => {
    const meta = plugin.rules[name]?.meta as { schema: { properties: object }[] }
    const options = Object.keys(meta.schema[0]?.properties ?? {})
    expect(options.filter((option) => !page.includes(`- \`${option}\`:`))).toEqual([])
    if (options.length === 0) expect(page).toContain('## Options\n\nNone.')
  })
})
