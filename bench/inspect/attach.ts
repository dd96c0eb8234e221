// node --conditions=@corral/source bench/inspect/attach.ts [--times=300] [--write]: attaches to idle, busy and blocked programs on
// two versions of Node, and counts who died of it, whose port is open a second later, and how long it took.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { attach } from '@corral/inspect/attach'
import { currentSignal, run, sleep, timeout } from 'corral'
import { isListening } from './is-listening.ts'
import { nodePackage } from '../../scripts/node-package.ts'

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '300' },
    write: { type: 'boolean', default: false },
  },
})
const times = Number(values.times)
const folder = mkdtempSync(join(tmpdir(), 'corral-bench-'))
const script = fileURLToPath(new URL('attach-target.ts', import.meta.url))
const modes = ['idle', 'busy', 'blocked'] as const
/** Looked into in turns, so that a second passes before the port of each is looked at. */
const targets = 4

interface Target {
  readonly child: ChildProcess
  readonly flag: string
  attachedAt: number
}

const rows: string[] = []

await run(async () => {
  for (const major of ['24', '26']) {
    for (const mode of modes) rows.push(await measured(binaryOf(major), mode))
  }
})
rmSync(folder, { recursive: true, force: true })

const load = loadavg()[0]?.toFixed(1)
const page = `# Attaching to a running program

${times} attaches for each line, in turns to ${targets} programs with 1 001 tasks, each with a reading of all tasks; ${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, load ${load} at the end, ${new Date().toISOString().slice(0, 10)}. Written by \`bench/inspect/attach.ts\`. The times are medians, in brackets the 95th of 100; a port is looked for a second after the attach, or later.

| Node | loop | deaths | refused | ports open after | attached and read after | inspector open |
| --- | --- | --: | --: | --: | --: | --: |
${rows.join('\n')}
`
process.stdout.write(page)
if (values.write) {
  writeFileSync(new URL('../results/inspect-attach.md', import.meta.url), page)
}

function binaryOf(major: string): string {
  if (process.version.startsWith(`v${major}.`)) return process.execPath
  const args = ['--yes', `--package=${nodePackage(major)}`, '--', 'node', '-p', 'process.execPath']
  return execFileSync('npx', args, { encoding: 'utf8' }).trim()
}

async function measured(binary: string, mode: (typeof modes)[number]): Promise<string> {
  const all: Target[] = []
  for (let i = 0; i < targets; i++) all.push(await started(binary, mode, i))
  let deaths = 0
  let refused = 0
  let open = 0
  const took: number[] = []
  const openFor: number[] = []
  let version = ''
  try {
    for (let i = 0; i < times; i++) {
      const target = all[i % targets] as Target
      if (target.attachedAt > 0) {
        await sleep(Math.max(0, target.attachedAt + 1000 - Date.now()))
        if (isListening(target.child)) open++
      }
      if (target.child.exitCode !== null || target.child.signalCode !== null) {
        deaths++
        all[i % targets] = await started(binary, mode, i % targets)
        continue
      }
      if (mode !== 'idle') {
        writeFileSync(target.flag, '')
        await sleep(30)
      }
      const start = performance.now()
      try {
        using attached = await attach(target.child.pid as number)
        if (attached.blocked === undefined) await attached.read()
        took.push(performance.now() - start)
        openFor.push(attached.inspectorOpen ?? 0)
        version = attached.hello.version
      } catch (error) {
        refused++
        console.error(mode, String(error))
      }
      rmSync(target.flag, { force: true })
      target.attachedAt = Date.now()
    }
    await sleep(1000)
    for (const { child } of all) if (child.exitCode !== null || child.signalCode !== null) deaths++
    for (const target of all) if (isListening(target.child)) open++
  } finally {
    for (const { child } of all) child.kill('SIGKILL')
  }
  const row = `| ${version.slice(1)} | ${mode} | ${deaths} | ${refused} | ${open} | ${shown(took)} | ${shown(openFor)} |`
  console.log(row)
  return row
}

async function started(binary: string, mode: string, i: number): Promise<Target> {
  const flag = join(folder, `${mode}-${i}`)
  const child = spawn(binary, ['--conditions=@corral/source', script, mode, flag], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await timeout(60_000, () => once(child.stdout, 'data', { signal: currentSignal() }))
  return { child, flag, attachedAt: 0 }
}

function shown(samples: readonly number[]): string {
  const sorted = samples.toSorted((a, b) => a - b)
  const at = (part: number): number => sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN
  return `${Math.round(at(0.5))} ms (${Math.round(at(0.95))})`
}
