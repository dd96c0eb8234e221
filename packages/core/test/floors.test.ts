import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  codeLines,
  findCycle,
  importsOf,
  readSources,
  resolveImport,
  withoutComments,
} from './import-graph.ts'

/** Ground floor first. `lowlevel.ts` is a floor of its own: what stands on it could have been written by a stranger. */
const floors = [
  'errors',
  'kernel',
  'diagnostics',
  'scope',
  'lowlevel',
  'sync',
  'channel',
  'flow',
  'stream',
  'debug',
  'testing',
  'entry',
]
const overLowlevel = ['sync', 'channel', 'flow', 'stream']

function floorOf(path: string): string {
  if (['index.ts', 'debug.ts', 'testing.ts'].includes(path)) return 'entry'
  return path.split('/')[0]!.replace(/\.ts$/, '')
}

const src = new URL('../src/', import.meta.url)
const sources = readSources(src)
const relative = sources.flatMap((source) =>
  source.imports
    .filter(({ from }) => from.startsWith('.'))
    .map(({ from }) => ({ by: source.path, of: resolveImport(source, from) })),
)

/** Named imports or exports: the names, and from where. */
function named(keyword: 'import' | 'export'): RegExp {
  return new RegExp(String.raw`\b${keyword}\s+(?:type\s+)?\{([^}]*)\}\s+from\s+'([^']+)'`, 'g')
}

function listed(names: string): string[] {
  return names
    .split(',')
    .map((name) => name.trim().replace(/^type /, ''))
    .filter((name) => name !== '')
}

describe('the floors of core/src', () => {
  test('every file stands on a known floor', () => {
    expect(sources.length).toBeGreaterThan(20)
    expect(sources.map(({ path }) => path).filter((p) => !floors.includes(floorOf(p)))).toEqual([])
  })

  test('a file imports its own floor or a lower one', () => {
    expect(relative.length).toBeGreaterThan(20)
    const upward = relative.filter(
      ({ by, of }) => floors.indexOf(floorOf(of)) > floors.indexOf(floorOf(by)),
    )
    expect(upward).toEqual([])
  })

  test('sync, channel, flow and stream reach the kernel through lowlevel.ts only', () => {
    const below = relative.filter(
      ({ by, of }) =>
        overLowlevel.includes(floorOf(by)) && ['kernel', 'diagnostics'].includes(floorOf(of)),
    )
    expect(below).toEqual([])
  })

  test('of scope, sync, channel, flow and stream use what index.ts exports; the rest through lowlevel.ts', () => {
    const index = sources.find(({ path }) => path === 'index.ts')
    const exported = new Map<string, string[]>()
    for (const [, names = '', file = ''] of index?.code.matchAll(named('export')) ?? []) {
      exported.set(file, [...(exported.get(file) ?? []), ...listed(names)])
    }
    expect(exported.get('./scope/shield.ts')).toEqual(['shield'])
    const hidden = sources
      .filter(({ path }) => overLowlevel.includes(floorOf(path)))
      .flatMap(({ path, code }) =>
        [...code.matchAll(named('import'))].flatMap(([, names = '', from = '']) => {
          if (!from.startsWith('../scope/')) return []
          const known = exported.get(from.replace('../', './')) ?? []
          return listed(names)
            .filter((name) => !known.includes(name))
            .map((name) => `${path} imports ${name} from ${from}`)
        }),
      )
    expect(hidden).toEqual([])
  })

  test('every relative import ends in .ts and names a file that is there', () => {
    expect(relative.filter(({ of }) => !existsSync(new URL(of, src)))).toEqual([])
  })

  test('no value is imported in a circle', () => {
    expect(findCycle(sources)?.join(' -> ')).toBeUndefined()
  })

  test('no dependency, and of Node nothing but types', () => {
    const foreign = sources.flatMap(({ path, imports }) =>
      imports
        .filter(({ from }) => !from.startsWith('.'))
        .filter(({ from, typeOnly }) => !(typeOnly && from.startsWith('node:')))
        .map(({ from }) => `${path} imports ${from}`),
    )
    expect(foreign).toEqual([])
  })
})

describe('the rules of the house in core/src', () => {
  test('no file has more than 250 lines of code, and half of them at most 80', () => {
    const lines = sources.map(({ path, code }) => ({ path, lines: codeLines(code) }))
    expect(lines.filter((file) => file.lines > 250)).toEqual([])
    const sorted = lines.map((file) => file.lines).sort((a, b) => a - b)
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(80)
  })

  test('every file is named after what is in it', () => {
    const nameless = /(?:^|[/-])(?:utils?|helpers?|common|misc|types)\.ts$/
    expect(sources.map(({ path }) => path).filter((path) => nameless.test(path))).toEqual([])
  })

  test.each([
    ['Promise.race, which abandons the losers', /\bPromise\s*\.\s*race\b/],
    ['AbortSignal.any, which leaks', /\bAbortSignal\s*\.\s*any\b/],
    ['enterWith, which leaks the context to strangers', /\benterWith\b/],
    ['a default export', /^\s*export\s+default\b/m],
  ])('no file uses %s', (_what, pattern) => {
    expect(sources.filter(({ code }) => pattern.test(code)).map(({ path }) => path)).toEqual([])
  })

  test('no file silences the compiler or the linter', () => {
    const silenced = /@ts-(?:ignore|nocheck|expect-error)|(?:ox|es)lint-disable/
    expect(sources.filter(({ text }) => silenced.test(text)).map(({ path }) => path)).toEqual([])
  })
})

describe('what the checks above stand on', () => {
  const sample = [
    "import { a } from './a.ts'",
    "import type { B } from './b.ts'",
    "import {\n  c,\n  type C,\n} from './c.ts'",
    "import * as d from '../d.ts'",
    "export { e } from './e.ts'",
    "export * from './f.ts'",
    "export type { G } from './g.ts'",
    "import './h.ts'",
    "const i = await import('./i.ts')",
    "type J = typeof import('node:j')",
    "// import { no } from './comment.ts'",
    "/* export * from './block.ts' */",
    "const text = `a // b` + 'taken from here' // import 'x'",
  ].join('\n')

  test('imports are found in every form, and in no comment', () => {
    const found = importsOf(withoutComments(sample))
    expect(found.map(({ from, typeOnly }) => (typeOnly ? `type ${from}` : from))).toEqual([
      './a.ts',
      'type ./b.ts',
      './c.ts',
      '../d.ts',
      './e.ts',
      './f.ts',
      'type ./g.ts',
      './h.ts',
      './i.ts',
      'type node:j',
    ])
  })

  test('comments are not code, strings are', () => {
    const code = withoutComments("/**\n * Doc.\n */\n\nconst a = 'http://x' // why\n// end\n")
    expect(code).toContain("'http://x'")
    expect(codeLines(code)).toBe(1)
  })

  test('a circle over three files is found', () => {
    const file = (path: string, from: string) => {
      const code = `import { x } from '${from}'\n`
      return { path, text: code, code, imports: importsOf(code) }
    }
    const files = [file('a/x.ts', './y.ts'), file('a/y.ts', '../z.ts'), file('z.ts', './a/x.ts')]
    expect(findCycle(files)).toEqual(['a/x.ts', 'a/y.ts', 'z.ts', 'a/x.ts'])
    expect(findCycle([...files.slice(0, 2), file('z.ts', './w.ts')])).toBeUndefined()
  })
})
