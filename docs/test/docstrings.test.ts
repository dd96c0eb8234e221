import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { asModule, examplesIn, readDocstrings } from './docstrings.ts'
import { checkTypes } from './program.ts'

const folder = fileURLToPath(new URL('../.docstrings/', import.meta.url))

describe('the examples in the docstrings of the core', () => {
  it('are what the compiler accepts, whatever is left open in them', async () => {
    const examples = readDocstrings().map((example) => ({
      ...example,
      file: `${example.at.replaceAll(/[^\w-]+/g, '-')}.ts`,
      open: new Set<string>(),
    }))
    expect(examples.length).toBeGreaterThan(50)
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder)
    const files = examples.map((example) => example.file)
    const compilerOptions = {
      noUnusedLocals: false,
      noUnusedParameters: false,
      noImplicitAny: false,
    }
    const config = { extends: '../../tsconfig.test.json', compilerOptions, files, references: [] }
    writeFileSync(`${folder}tsconfig.json`, JSON.stringify(config))
    const check = async (): Promise<string[]> => {
      for (const example of examples) {
        writeFileSync(folder + example.file, asModule(example, [...example.open]))
      }
      const { stdout } = await checkTypes(folder)
      return stdout.split('\n').filter((line) => line.includes('.docstrings'))
    }

    // First: which names has an example left open? They are declared, and may be anything.
    for (const message of await check()) {
      const [, file, name = ''] = /([\w-]+\.ts)\(.*Cannot find name '(\w+)'/.exec(message) ?? []
      examples.find((example) => example.file === file)?.open.add(name)
    }
    expect(await check()).toEqual([])
  })

  it('are read from the tag to the next one, or to the end of the comment', () => {
    const text =
      '/**\n * Is.\n * @example\n * a {\n *   b\n * }\n * @see c\n */\n/**\n * @example\n * d\n */\n'
    expect(examplesIn('x.ts', text)).toEqual([
      { at: 'x.ts:4', code: 'a {\n  b\n}\n' },
      { at: 'x.ts:11', code: 'd\n' },
    ])
  })
})
