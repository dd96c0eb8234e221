import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Suite } from './suite.ts'

const exec = promisify(execFile)
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** What one contender needed: the median over the rounds, and how far the rounds were apart. */
export interface Figure {
  readonly name: string
  readonly median: number
  /** (max - min) / median over the rounds. */
  readonly spread: number
}

/** Takes one sample of each case in turn, `rounds` times, each in a process of its own. */
export async function measure(
  file: string,
  suite: Suite,
  options: { readonly rounds: number; readonly python: boolean; readonly n?: number },
): Promise<Figure[]> {
  const contenders = Object.keys(suite.cases)
  if (options.python && suite.asyncio !== undefined) contenders.push('asyncio')
  const samples = new Map<string, number[]>(contenders.map((name) => [name, []]))
  for (let round = 0; round < options.rounds; round++) {
    for (const name of contenders) {
      const value = await (name === 'asyncio'
        ? python(suite.asyncio as string, options.n ?? suite.n)
        : sample(file, name, options.n))
      samples.get(name)?.push(value)
    }
  }
  return contenders.map((name) => figure(name, samples.get(name) ?? []))
}

export async function hasPython(): Promise<boolean> {
  try {
    await exec('python3', ['-c', 'import asyncio; asyncio.TaskGroup'])
    return true
  } catch {
    return false
  }
}

/** One sample of a case (`file` is `<path>#<index of the suite>`), in a process of its own. */
export async function sample(file: string, name: string, n?: number): Promise<number> {
  const args = ['--expose-gc', '--conditions=@corral/source', here('sample.ts'), file, name]
  if (n !== undefined) args.push(String(n))
  const { stdout } = await exec(process.execPath, args)
  return Number(stdout)
}

async function python(name: string, n: number): Promise<number> {
  const { stdout } = await exec('python3', [here('../peers/asyncio_cases.py'), name, String(n)])
  return Number(stdout)
}

function figure(name: string, values: number[]): Figure {
  const sorted = values.toSorted((a, b) => a - b)
  const median = sorted[sorted.length >> 1] as number
  return { name, median, spread: ((sorted.at(-1) as number) - (sorted[0] as number)) / median }
}
