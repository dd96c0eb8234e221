import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Block, Page } from './markdown.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
/** Inside the repository, so that the programs find its packages; ignored by git. */
export const blocks: string = fileURLToPath(new URL('../.blocks/', import.meta.url))

/** A block as a file of its own. */
export interface Program {
  readonly title: string
  readonly file: string
  readonly block: Block
  /** It is meant to end with an exit code that is not 0. */
  readonly fails: boolean
  /** It has to do with more than promises and timers, so it runs in real time. */
  readonly real: boolean
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Writes every `ts` block of the pages to a file. */
export function writePrograms(pages: readonly Page[]): Program[] {
  rmSync(blocks, { recursive: true, force: true })
  mkdirSync(blocks, { recursive: true })
  const programs = pages.flatMap((page) =>
    page.blocks
      .filter((block) => block.language === 'ts')
      .map((block) => {
        const title = `${page.path}:${block.line}`
        const file = `${blocks}${title.replaceAll(/[^\w-]+/g, '-')}.ts`
        // At the same line as in the page, so that the compiler and stacks point at it; a module, whatever it imports.
        writeFileSync(file, `${'\n'.repeat(block.line)}${block.code}\nexport {}\n`)
        return {
          title,
          file,
          block,
          fails: block.info.includes('fails'),
          real: block.info.includes('real') || isReal(block.code),
        }
      }),
  )
  const files = programs.map((program) => program.file)
  const config = { extends: '../../tsconfig.test.json', files, references: [] }
  writeFileSync(`${blocks}tsconfig.json`, JSON.stringify(config))
  return programs
}

/** Type-checks the files that the `tsconfig.json` of a folder lists. */
export function checkTypes(folder: string = blocks): Promise<Ended> {
  const tsc = fileURLToPath(import.meta.resolve('typescript/package.json')).replace(
    'package.json',
    'bin/tsc',
  )
  return start([tsc, '--pretty', 'false', '-p', folder])
}

/** Runs a program on the project's sources; time is skipped where it waits for nothing but timers. */
export function runProgram(program: Program): Promise<Ended> {
  const skip = program.real ? [] : [`--import=${new URL('skip-time.ts', import.meta.url).href}`]
  return start(['--conditions=@corral/source', ...skip, program.file])
}

/** What a program may import and still wait for nothing but promises and timers. */
const unreal = /^(corral(\/.*)?|node:(timers\/promises|events|assert\/strict)|p-limit)$/

/** Whether a program has to do with anything but promises and timers, as far as its text shows. */
function isReal(code: string): boolean {
  const imported = [...code.matchAll(/from '([^']+)'/g)].map(([, name = '']) => name)
  return (
    imported.some((name) => !unreal.test(name)) ||
    /\bnew Date\b|\b(Date|performance|process|AbortSignal\.timeout)\b[.(]|\b(fetch|setInterval)\(/.test(
      code,
    )
  )
}

async function start(args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, NODE_COMPILE_CACHE: `${root}node_modules/.cache/docs`, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

/** Whether a program printed what the page says; `…` stands for anything on its line, alone on it for any lines. */
export function matches(printed: string, said: string): boolean {
  const pattern = said
    .trim()
    .replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    .replaceAll(/^…$/gm, '[^]*')
    .replaceAll('…', '.*')
  return new RegExp(`^${pattern}$`).test(printed.trim())
}
