// npm run mutants:explore [-- filter]: breaks the core on purpose, one place at a time, in a copy, and expects the
// exploration of the primitives to find it each time.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { mutations } from './mutations.ts'

const core = fileURLToPath(new URL('../../../', import.meta.url))
const copy = mkdtempSync(join(tmpdir(), 'corral-mutants-'))
const script = join(copy, 'test/testing/primitives/run-primitives.ts')
const filter = process.argv[2] ?? ''

/** Which program finds it; undefined when none does. One that never ends is ended after `timeout` ms. */
function explore(timeout: number): string | undefined {
  try {
    execFileSync(process.execPath, [script], { encoding: 'utf8', stdio: 'pipe', timeout })
    return undefined
  } catch (error) {
    const { stdout, stderr, signal } = error as Record<'stdout' | 'stderr' | 'signal', string>
    if (stderr.includes('SyntaxError')) {
      throw new Error(`it is no program any more: ${stderr}`, { cause: error })
    }
    const program = /^FOUND {2}(.+)/m.exec(stdout)?.[1]
    if (program !== undefined) return program
    const last = /\n?(.+)\n$/.exec(stdout)?.[1] ?? 'nothing has run'
    return `${last} (${signal === null ? 'the process fails' : 'never ends'})`
  }
}

mkdirSync(join(copy, 'test/testing'), { recursive: true })
for (const part of ['src', 'package.json', 'test/testing/primitives']) {
  cpSync(join(core, part), join(copy, part), { recursive: true })
}
let survivors = 0
try {
  const began = performance.now()
  const already = explore(600_000)
  const timeLimit = Math.max(60_000, 4 * Math.ceil(performance.now() - began)) // as slow as the machine is now
  if (already !== undefined) throw new Error(`it fails on the unbroken source: ${already}`)
  const chosen = mutations.filter(([what, file]) => `${what} ${file}`.includes(filter))
  for (const [what, file, from, to] of chosen) {
    const path = join(copy, 'src', file)
    const source = readFileSync(path, 'utf8')
    writeFileSync(
      path,
      source.replace(from, () => to),
    )
    const found = explore(timeLimit)
    writeFileSync(path, source)
    if (found === undefined) survivors += 1
    console.log(found === undefined ? `SURVIVED  ${what}` : `found     ${what}  <-  ${found}`)
  }
  console.log(`${chosen.length - survivors} of ${chosen.length} found`)
} finally {
  rmSync(copy, { recursive: true, force: true })
}
process.exitCode = survivors === 0 ? 0 : 1
