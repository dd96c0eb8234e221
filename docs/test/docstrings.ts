import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as core from 'corral'
import * as lowlevel from 'corral/lowlevel'
import * as testing from 'corral/testing'

const src = fileURLToPath(new URL('../../packages/core/src/', import.meta.url))

/** The `@example` of a docstring. */
export interface DocstringExample {
  /** The file below `src`, and the line where it begins. */
  readonly at: string
  readonly code: string
}

/** Every `@example` in the sources of the core. */
export function readDocstrings(): DocstringExample[] {
  return globSync('**/*.ts', { cwd: src })
    .sort()
    .flatMap((path) => examplesIn(path, readFileSync(src + path, 'utf8')))
}

/** The examples in one file: from `@example` to the next tag or the end of the comment. */
export function examplesIn(path: string, text: string): DocstringExample[] {
  return [...text.matchAll(/\/\*\*[^]*?\*\//g)].flatMap(({ 0: comment, index }) =>
    [...comment.matchAll(/^ *\* @example\n((?: *\*(?!\/| ?@).*\n)+)/gm)].map((found) => ({
      at: `${path}:${text.slice(0, index + found.index).split('\n').length + 1}`,
      code: (found[1] as string).replaceAll(/^ *\* ?/gm, ''),
    })),
  )
}

/** What examples leave open and the compiler has to know all the same; everything else may be anything. */
const known: Record<string, string> = {
  addresses: 'const addresses: readonly string[]',
  connect:
    'function connect(address?: string): Promise<{ query(sql: string): Promise<unknown>; close(): Promise<void> }>',
  download: 'function download(url: string): Promise<string>',
  emitter: "const emitter: import('node:events').EventEmitter",
  mirrors: 'const mirrors: readonly string[]',
  once: "const once: typeof import('node:events').once",
  Page: 'type Page = string',
  urls: 'const urls: readonly string[]',
}

/**
 * The example as a module: what corral exports is imported, what else it names without saying what it is
 * (`names`) is declared.
 */
export function asModule(example: DocstringExample, names: readonly string[]): string {
  const sources = { corral: core, 'corral/lowlevel': lowlevel, 'corral/testing': testing }
  const taken = new Set<string>()
  const imports = Object.entries(sources).map(([from, module]) => {
    const used = Object.keys(module).filter(
      (name) => !taken.has(name) && new RegExp(`\\b${name}\\b`).test(example.code),
    )
    for (const name of used) taken.add(name)
    return used.length === 0 ? '' : `import { ${used.join(', ')} } from '${from}'`
  })
  const open = names.map((name) => `declare ${known[name] ?? `const ${name}: any`}`)
  return [...imports, ...open, 'export async function example() {', example.code, '}'].join('\n')
}
