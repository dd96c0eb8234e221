import { cpSync, globSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const fixtures: string = fileURLToPath(new URL('fixtures/', import.meta.url))
export const ruleNames: readonly string[] = readdirSync(fixtures).sort()

/** What a linter found: lines by file, each with the rule. */
export type Found = Record<string, readonly string[]>

/** What is to be found in the bad files, by the rule of their folder: lines that end with `// reported`, or follow `// reported: ...`. */
export function expectedFinds(): Found {
  const found: Record<string, readonly string[]> = {}
  for (const rule of ruleNames) {
    const lines = read(`${rule}/bad.ts`).split('\n')
    found[`${rule}/bad.ts`] = lines.flatMap((line, i) => {
      const [, next] = /\/\/ reported(:|$)/.exec(line) ?? []
      return next === undefined ? [] : `${i + (next === '' ? 1 : 2)} corral/${rule}`
    })
  }
  return found
}

/** The good and the bad files in a folder of their own, for a linter to change. */
export function copyFixtures(): string {
  const folder = mkdtempSync(join(tmpdir(), 'corral-lint-'))
  cpSync(fixtures, folder, { recursive: true, filter: (path) => !path.endsWith('fixed.ts') })
  return `${folder}/`
}

/** The files below a folder by name. */
export function textsIn(folder: string): Record<string, string> {
  const paths = globSync('*/*.ts', { cwd: folder }).sort()
  return Object.fromEntries(paths.map((path) => [path, readFileSync(folder + path, 'utf8')]))
}

/** What the files are once everything that can be mended is mended. */
export function mendedTexts(): Record<string, string> {
  const texts = Object.entries(textsIn(fixtures)).filter(([path]) => !path.endsWith('fixed.ts'))
  return Object.fromEntries(
    texts.map(([path, text]) => [
      path,
      path.endsWith('bad.ts') ? read(path.replace('bad.ts', 'fixed.ts')) : text,
    ]),
  )
}

function read(path: string): string {
  return readFileSync(fixtures + path, 'utf8')
}
