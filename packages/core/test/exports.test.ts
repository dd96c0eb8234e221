import { existsSync, readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import manifest from '../package.json' with { type: 'json' }

const src = new URL('../src/', import.meta.url)
const entries = ['debug', 'index', 'lowlevel', 'testing'].filter((entry) =>
  existsSync(new URL(`${entry}.ts`, src)),
)

describe('what the package gives away', () => {
  test.each(entries)('%s.ts exports these names and no others', async (entry) => {
    const module: object = await import(new URL(`${entry}.ts`, src).href)
    expect(Object.keys(module).sort()).toMatchSnapshot()
  })

  test('every file beside errors.ts is an entry point, and package.json declares it', () => {
    const files = readdirSync(src).filter((file) => file.endsWith('.ts') && file !== 'errors.ts')
    expect(files.sort()).toEqual(entries.map((entry) => `${entry}.ts`))
    const subpaths = entries.map((entry) => (entry === 'index' ? '.' : `./${entry}`))
    expect(Object.keys(manifest.exports).sort()).toEqual([...subpaths, './package.json'].sort())
  })
})
