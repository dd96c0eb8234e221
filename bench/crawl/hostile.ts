// npm run bench:crawl:hostile [-- [RUNS]]: the hostile sites (107 tests), the crawl that is killed twenty times and the one that is killed again and again, three times in a row
// unless told otherwise, beside as many busy loops as there are cores. Writes bench/results/crawl-hostile.md. Exit 1 when one fails.
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly startTime: number
    readonly endTime: number
    readonly assertionResults: readonly { readonly status: string }[]
  }[]
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const file = fileURLToPath(new URL('../results/crawl-hostile.md', import.meta.url))
const files = [
  'packages/crawl/test/hostile/hostile.test.ts',
  'packages/crawl/test/crawl/crawl-resume.test.ts',
  'packages/cli/test/kill.test.ts',
]
const runs = Number(process.argv[2] ?? 3)
const home = await mkdtemp(join(tmpdir(), 'corral-hostile-'))
const busy = cpus().map(() =>
  spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore', detached: false }),
)
const rows: string[] = []
try {
  for (let run = 1; run <= runs; run++) {
    const { report, code } = await runTests()
    const load = (loadavg()[0] ?? 0).toFixed(1)
    for (const { name, startTime, endTime, assertionResults } of report.testResults) {
      const passed = assertionResults.filter(({ status }) => status === 'passed').length
      const seconds = ((endTime - startTime) / 1000).toFixed(0)
      const cells = [
        run,
        name.slice(root.length),
        `${passed} of ${assertionResults.length}`,
        seconds,
        load,
      ]
      rows.push(`| ${cells.join(' | ')} |`)
      console.log(rows.at(-1))
    }
    if (code !== 0) process.exitCode = 1
  }
} finally {
  for (const child of busy) child.kill()
  await rm(home, { recursive: true, force: true })
}
await writeFile(
  file,
  `# Hostile sites and kills, under load

Made by \`npm run bench:crawl:hostile\`: each beside as many busy loops as there are cores (${cpus().length}), Node ${process.versions.node}.

| run | tests | passed | s | load after it |
|---|---|---|---|---|
${rows.join('\n')}
`,
)

async function runTests(): Promise<{ report: Report; code: number | null }> {
  const output = join(home, 'report.json')
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const args = [
    vitest,
    'run',
    '--no-file-parallelism',
    ...files,
    '--reporter=json',
    `--outputFile=${output}`,
  ]
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  const code = await new Promise<number | null>((resolve) => void child.on('exit', resolve))
  return { report: JSON.parse(await readFile(output, 'utf8')) as Report, code }
}
