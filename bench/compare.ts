// npm run bench:compare -- <commit> [filter] [--pairs 30]: another commit against this checkout, sample by sample in turn.
// Prints for each row the median ratio (this / that) with its 95 % interval; a row is worse when the interval lies above 1.05.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { sample } from './harness/measure.ts'
import { medianRatio } from './harness/ratio.ts'
import type { Suite } from './harness/suite.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { pairs: { type: 'string', default: '30' } },
})
const [commit, filter = ''] = positionals
if (commit === undefined) throw new Error('which commit? npm run bench:compare -- HEAD~10 [filter]')
const pairs = Number(values.pairs)
const here = fileURLToPath(new URL('..', import.meta.url))
const there = mkdtempSync(join(tmpdir(), 'corral-old-'))
const run = (cwd: string, command: string, ...args: string[]): void => {
  execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
}

/** The suites of a checkout that compare can take: those with a row of ours. */
async function rows(root: string): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for await (const file of glob('*/*.bench.ts', { cwd: join(root, 'bench') })) {
    const path = join(root, 'bench', file)
    const { suites } = (await import(pathToFileURL(path).href)) as { suites: Suite[] }
    for (const [index, { title, cases }] of suites.entries()) {
      if (cases['corral'] !== undefined) found.set(title, `${path}#${index}`)
    }
  }
  return found
}

try {
  run(here, 'git', 'worktree', 'add', '--detach', '--force', there, commit)
  console.log(`installing ${commit} (once)`)
  run(there, 'npm', 'ci', '--no-audit', '--no-fund', '--silent')
  run(join(there, 'bench'), 'npm', 'ci', '--no-audit', '--no-fund', '--silent')
  const [old, young] = [await rows(there), await rows(here)]
  const [machine] = cpus()
  console.log(
    `${commit} against ${execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: here, encoding: 'utf8' }).trim()}: ${pairs} pairs, ` +
      `Node ${process.versions.node}, ${machine?.model ?? 'unknown'} x ${cpus().length}, load ${loadavg()[0]?.toFixed(1)}\n` +
      '\n| row | this / that | 95 % interval | |\n|---|---|---|---|',
  )
  for (const [title, file] of young) {
    const before = old.get(title)
    if (before === undefined || !`${file} ${title}`.includes(filter)) continue
    const ratios: number[] = []
    for (let pair = 0; pair < pairs; pair++) {
      const [first, second] = pair % 2 === 0 ? [before, file] : [file, before]
      const [a, b] = [await sample(first, 'corral'), await sample(second, 'corral')]
      ratios.push(pair % 2 === 0 ? b / a : a / b)
    }
    const { median, low, high } = medianRatio(ratios)
    const verdict = low > 1.05 ? '**worse**' : high < 0.95 ? 'better' : 'the same'
    console.log(
      `| ${title} | ${median.toFixed(2)} | ${low.toFixed(2)} to ${high.toFixed(2)} | ${verdict} |`,
    )
  }
} finally {
  run(here, 'git', 'worktree', 'remove', '--force', there)
  rmSync(there, { recursive: true, force: true })
}
