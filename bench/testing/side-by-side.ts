// npm run bench:testing: explore and fast-check's scheduler on the same programs in one run: what each finds, after how
// many schedules and how long, and what a schedule costs. Writes bench/results/testing.md.
import { writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import fc from 'fast-check'
import { checkpoint, gather, sleep, taskGroup } from 'corral'
import { explore, ExploreFailure, failpoint, testRun } from 'corral/testing'
import { medianRatio } from '../harness/ratio.ts'
import { programs } from './programs.ts'
import type { Program, Together, Wait } from './programs.ts'

const BUDGET = 1000
const SEEDS = 9
const ROUNDS = 15

interface Found {
  /** Undefined when nothing was found in the budget. */
  readonly schedules: number | undefined
  readonly ms: number
}

async function byExplore(program: Program['program'], seed: number): Promise<Found> {
  const began = performance.now()
  const schedules = await explore(() => program(failpoint, gather), { budget: BUDGET, seed }).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof ExploreFailure) return error.schedules
      throw error
    },
  )
  return { schedules, ms: performance.now() - began }
}

const together: Together = (work) => Promise.all(Object.values(work).map((each) => each()))

async function byFastCheck(program: Program['program'], seed: number): Promise<Found> {
  const began = performance.now()
  let runs = 0
  const property = fc.asyncProperty(fc.scheduler(), async (scheduler) => {
    runs += 1
    let ended = false
    let failed = false
    const wait: Wait = (label) => scheduler.schedule(Promise.resolve(), label)
    const done = program(wait, together).then(
      () => (ended = true),
      () => {
        ended = true
        failed = true
      },
    )
    await scheduler.waitIdle()
    for (let turn = 0; turn < 20; turn++) await Promise.resolve() // what follows the last wait
    if (!ended) throw new Error('it never ends')
    await done
    if (failed) throw new Error('it fails')
  })
  const { failed } = await fc.check(property, { numRuns: BUDGET, seed, endOnFailure: true })
  return { schedules: failed ? runs : undefined, ms: performance.now() - began }
}

async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

function waiting(tasks: number, steps: number, n: number): Promise<unknown> {
  return explore(
    () =>
      taskGroup(async (group) => {
        for (let i = 0; i < tasks; i++) {
          group.spawn(async () => {
            for (let j = 0; j < steps; j++) await checkpoint()
          })
        }
      }),
    { strategies: ['random'], budget: n + 2 },
  )
}

function waitingThere(
  tasks: number,
  steps: number,
  n: number,
  how: 'waitIdle' | 'waitAll',
): Promise<void> {
  const property = fc.asyncProperty(fc.scheduler(), async (scheduler) => {
    for (let i = 0; i < tasks; i++) {
      void (async () => {
        for (let j = 0; j < steps; j++) await scheduler.schedule(Promise.resolve())
      })()
    }
    await scheduler[how]()
  })
  return fc.assert(property, { numRuns: n, endOnFailure: true })
}

const median = (values: readonly number[]): number => medianRatio(values).median
const lines: string[] = []
const print = (line: string): void => {
  lines.push(line)
  console.log(line)
}

const [machine] = cpus()
print('# explore beside fast-check\n')
print(
  `Made by \`npm run bench:testing\`. Node ${process.versions.node}, fast-check ${fc.__version}, ${machine?.model ?? 'unknown'} x ${cpus().length}, load at the ` +
    `beginning ${loadavg()[0]?.toFixed(1)}.\n`,
)
print(
  `## Found\n\nThe same programs, \`bench/testing/programs.ts\`, ${BUDGET} schedules at the most, default options, ${SEEDS} seeds: how many seeds find it, and the ` +
    'medians of the schedules and of the milliseconds until then (shrinking and the report included; fast-check without shrinking).\n',
)
print('| program | what it takes | explore | schedules | ms | fast-check | schedules | ms |')
print('| --- | --- | --- | --- | --- | --- | --- | --- |')
let totals = [0, 0]
for (const { name, takes, program } of programs) {
  const [ours, theirs]: [Found[], Found[]] = [[], []]
  for (let seed = 1; seed <= SEEDS; seed++) {
    ours.push(await byExplore(program, seed))
    theirs.push(await byFastCheck(program, seed))
  }
  const cells = [ours, theirs].flatMap((all) => {
    const found = all.filter(({ schedules }) => schedules !== undefined)
    const schedules =
      found.length === 0 ? '-' : median(found.map((each) => each.schedules as number)).toFixed(0)
    return [`${found.length} of ${SEEDS}`, schedules, median(all.map(({ ms }) => ms)).toFixed(0)]
  })
  totals = [ours, theirs].map(
    (all, i) =>
      (totals[i] as number) + all.filter(({ schedules }) => schedules !== undefined).length,
  )
  print(`| ${name} | ${takes} | ${cells.join(' | ')} |`)
}
const all = programs.length * SEEDS
print(`\nIn all: explore ${totals[0]} of ${all}, fast-check ${totals[1]} of ${all}.\n`)

print(
  `## Speed\n\nCPU time of a schedule in random order, ${ROUNDS} interleaved rounds in one process; ratio explore / fast-check, median and 95 % interval.\n`,
)
print('| program | explore | waitIdle | ratio | waitAll | ratio |')
print('| --- | --- | --- | --- | --- | --- |')
for (const [tasks, steps] of [
  [10, 10],
  [10, 100],
] as const) {
  const n = Math.round(100_000 / (tasks * steps))
  const samples: [number, number, number][] = []
  for (let round = -2; round < ROUNDS; round++) {
    const sample: [number, number, number] = [
      (await cpuOf(() => waiting(tasks, steps, n))) / n,
      (await cpuOf(() => waitingThere(tasks, steps, n, 'waitIdle'))) / n,
      (await cpuOf(() => waitingThere(tasks, steps, n, 'waitAll'))) / n,
    ]
    if (round >= 0) samples.push(sample)
  }
  const us = (i: 0 | 1 | 2): string => `${median(samples.map((sample) => sample[i])).toFixed(0)} µs`
  const ratio = (i: 1 | 2): string => {
    const {
      median: middle,
      low,
      high,
    } = medianRatio(samples.map((sample) => sample[0] / sample[i]))
    return `${middle.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`
  }
  print(`| ${tasks * steps} steps | ${us(0)} | ${us(1)} | ${ratio(1)} | ${us(2)} | ${ratio(2)} |`)
}
const hours: number[] = []
for (let round = -2; round < ROUNDS; round++) {
  const cpu = await cpuOf(() =>
    testRun(async () => {
      for (let second = 0; second < 3600; second++) await sleep(1000)
    }),
  )
  if (round >= 0) hours.push(cpu / 1000)
}
print(
  `\nAn hour of sleeps in virtual time (3600 of a second each): ${median(hours).toFixed(1)} ms of CPU, ${Math.min(...hours).toFixed(1)} to ${Math.max(...hours).toFixed(1)}.`,
)
print(`\nThe load at the end was ${loadavg()[0]?.toFixed(1)}.`)
writeFileSync(new URL('../results/testing.md', import.meta.url), `${lines.join('\n')}\n`)
