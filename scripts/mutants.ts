// npm run mutants: breaks the core on purpose, one place at a time, in a copy, and expects a test to fail each time.
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { channelMutations } from './mutations-channel.ts'
import { edgeMutations } from './mutations-edges.ts'
import { mutations } from './mutations.ts'
import type { Mutation } from './mutations.ts'

const exec = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const copy = `${root}.mutants/`
const filter = process.argv[2] ?? ''

/** Runs these tests on the copy: what a failure printed, or undefined when all pass. */
async function failureOf(tests: readonly string[]): Promise<string | undefined> {
  const args = ['run', '--root', copy, '--bail', '1', '--reporter', 'dot', '--testTimeout', '60000']
  const paths = tests.map((test) => `packages/core/test/${test}`)
  try {
    await exec(`${root}node_modules/.bin/vitest`, [...args, ...paths], { timeout: 180_000 })
    return undefined
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Partial<ReturnedError> & Error
    return stdout + stderr || message
  }
}

interface ReturnedError {
  readonly stdout: string
  readonly stderr: string
}

/** Whether a test failed with the source broken. */
async function killed({ file, from, to, tests }: Mutation): Promise<boolean> {
  const path = `${copy}packages/core/src/${file}`
  const source = readFileSync(path, 'utf8')
  writeFileSync(
    path,
    source.replace(from, () => to),
  )
  try {
    return (await failureOf(tests)) !== undefined
  } finally {
    writeFileSync(path, source)
  }
}

rmSync(copy, { recursive: true, force: true })
mkdirSync(`${copy}packages/core`, { recursive: true })
for (const part of ['src', 'test', 'package.json']) {
  cpSync(`${root}packages/core/${part}`, `${copy}packages/core/${part}`, { recursive: true })
}
mkdirSync(`${copy}docs`)
for (const file of [
  'docs/design.md',
  'vitest.config.ts',
  'tsconfig.base.json',
  'tsconfig.test.json',
]) {
  cpSync(root + file, copy + file)
}

let [passed, failed] = [0, 0]
try {
  const chosen = [...mutations, ...channelMutations, ...edgeMutations].filter(({ file, what }) =>
    `${file} ${what}`.includes(filter),
  )
  for (const { file, from } of chosen) {
    const source = readFileSync(`${copy}packages/core/src/${file}`, 'utf8')
    if (source.split(from).length !== 2) throw new Error(`${file}: not there once: ${from}`)
  }
  const tests = [...new Set(chosen.flatMap((mutation) => mutation.tests))]
  const unbroken = await failureOf(tests)
  if (unbroken !== undefined) {
    throw new Error(`the tests must pass on the unbroken source, and they fail:\n${unbroken}`)
  }
  for (const mutation of chosen) {
    const found = await killed(mutation)
    if (found) passed += 1
    else failed += 1
    console.log(`${found ? 'found   ' : 'SURVIVED'}  ${mutation.file}: ${mutation.what}`)
  }
} finally {
  rmSync(copy, { recursive: true, force: true })
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
