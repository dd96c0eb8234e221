import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'

/** One `import` or `export ... from`: of what, and whether it is gone after the types are stripped. */
export interface Import {
  readonly from: string
  readonly typeOnly: boolean
}

/** One source file: where it is below `src`, what it says, and what it says without comments. */
export interface Source {
  readonly path: string
  readonly text: string
  readonly code: string
  readonly imports: readonly Import[]
}

const quoted = /(?:'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)/
const comment = /\/\/[^\n]*|\/\*[\s\S]*?\*\//
const token = new RegExp(`${quoted.source}|${comment.source}`, 'g')
const statement =
  /^[ \t]*(?:import|export)\s+(type\s+)?(?:[\w*${},\s]+?\s*from\s*)?(['"])([^'"\n]+)\2/gm
const dynamic = /(typeof\s+)?\bimport\s*\(\s*(['"])([^'"\n]+)\2/g

/** The source without its comments; line breaks and strings stay. */
export function withoutComments(text: string): string {
  return text.replace(token, (found) =>
    found.startsWith('/') ? found.replace(/[^\n]+/g, ' ') : found,
  )
}

/** Every module that `code` (free of comments) names: static, type-only, re-exported, dynamic. */
export function importsOf(code: string): Import[] {
  const found: Import[] = []
  for (const pattern of [statement, dynamic]) {
    for (const [, type, , from = ''] of code.matchAll(pattern)) {
      found.push({ from, typeOnly: type !== undefined })
    }
  }
  return found
}

/** Lines that hold more than white space and comments. */
export function codeLines(code: string): number {
  return code.split('\n').filter((line) => line.trim() !== '').length
}

/** All `.ts` files below `root`, by path. */
export function readSources(root: URL): Source[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .map((path) => {
      const text = readFileSync(new URL(path, root), 'utf8')
      const code = withoutComments(text)
      return { path, text, code, imports: importsOf(code) }
    })
}

/** The file below `src` that a relative import of `source` means. */
export function resolveImport(source: Source, from: string): string {
  return posix.join(posix.dirname(source.path), from)
}

/** One cycle of the import graph as the paths along it, the first one repeated at the end. */
export function findCycle(sources: readonly Source[]): string[] | undefined {
  const byPath = new Map(sources.map((source) => [source.path, source]))
  const done = new Set<string>()
  const trail: string[] = []

  function visit(path: string): string[] | undefined {
    const source = byPath.get(path)
    if (source === undefined || done.has(path)) return undefined
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path]
    trail.push(path)
    for (const { from, typeOnly } of source.imports) {
      const cycle =
        from.startsWith('.') && !typeOnly ? visit(resolveImport(source, from)) : undefined
      if (cycle !== undefined) return cycle
    }
    trail.pop()
    done.add(path)
    return undefined
  }

  for (const { path } of sources) {
    const cycle = visit(path)
    if (cycle !== undefined) return cycle
  }
  return undefined
}
