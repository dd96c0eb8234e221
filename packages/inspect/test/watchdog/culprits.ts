// A program that blocks its event loop in seven ways, one after the other. It prints the reports.
import { execSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run, sleep, spawn } from 'corral'
import type { BlockReport } from '../../src/watchdog/block-report.ts'
import { watchdog } from '../../src/watchdog/watchdog.ts'

/** By the processor time of this thread, so that a busy machine changes nothing. */
const used = (): number => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

function hotLoop(): number {
  let sum = 0
  for (const end = used() + 250; used() < end;) sum += 1
  return sum
}

const text = JSON.stringify(Array.from({ length: 700_000 }, (_, i) => ({ i, name: `n${i}` })))

const culprits: Record<string, () => unknown> = {
  hotLoop,
  regex() {
    for (let n = 22; ; n++) {
      const begun = used()
      if (/^(a+)+$/.test(`${'a'.repeat(n)}b`) || used() - begun > 200) return n
    }
  },
  json() {
    const all = JSON.parse(text) as { i: number }[]
    return all.reduce((sum, { i }) => sum + i, 0)
  },
  atomicsWait: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300),
  execSync: () => execSync('sleep 0.3'),
  async microtasks() {
    const turn = Promise.resolve()
    for (const end = used() + 250; used() < end;) await turn
  },
  syncFs() {
    const folder = mkdtempSync(join(tmpdir(), 'culprits-'))
    const fifo = join(folder, 'fifo')
    execSync(`mkfifo ${fifo}; (sleep 0.3; echo > ${fifo}) > /dev/null 2>&1 &`)
    readFileSync(fifo)
    rmSync(folder, { recursive: true })
  },
}

let report: BlockReport | undefined
using dog = watchdog({
  threshold: 80,
  beat: 20,
  perHour: 1000,
  onBlocked(block) {
    report = block
  },
})

async function handler(culprit: () => unknown): Promise<void> {
  await sleep(1)
  await culprit()
}

await run(async () => {
  while (!dog.up) await sleep(10)
  for (const [name, culprit] of Object.entries(culprits)) {
    // On a machine that is full a block may not be noticed: it is no test then.
    for (let attempt = 0; attempt < 20 && report?.task?.name !== name; attempt++) {
      await sleep(100)
      await spawn(() => handler(culprit), { name })
      await sleep(150)
    }
    console.log(JSON.stringify(report))
  }
})
