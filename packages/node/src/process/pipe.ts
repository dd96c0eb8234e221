import type { Readable } from 'node:stream'
import { gather, moveOnAfter, shield, taskGroup, throwIfCancelled } from 'corral'
import { refuse, requireLimit } from 'corral/lowlevel'
import { ChildProcess } from './child-process.ts'
import type { Exit } from './child-process.ts'
import { requireSuccess } from './exec.ts'
import { requireProcess } from './options.ts'
import type { ProcessOptions } from './options.ts'
import { Output } from './output.ts'
import { start } from './start.ts'

export interface PipeOptions extends Omit<ProcessOptions, 'stderr'> {
  /** How much the last stage's stdout, and each stderr, may receive, in bytes; 16 MiB by default. */
  readonly maxBytes?: number
  /** Whether a failing stage is an error; true by default. */
  readonly check?: boolean
}

/** How one stage of a pipe ended. */
export interface StageResult extends Exit {
  readonly file: string
  readonly stderr: string
}

export interface PipeResult {
  /** What the last stage printed. */
  readonly stdout: string
  readonly stages: readonly StageResult[]
}

/** How long a stage has to notice that its output is no longer read, in milliseconds. */
const NOTICE = 1_000

/**
 * Runs programs as a pipeline, the output of each being the input of the next. Bytes go from process to process and
 * never through this one. A stage that ends early ends those before it.
 *
 * Cancellation: stops all groups and throws when they are gone.
 *
 * @param stages each a program and its arguments
 * @throws ProcessError of the last stage that failed, as with pipefail; one that failed only because its output was no
 * longer read does not count
 * @example
 * const { stdout } = await pipe([['git', 'log', '--format=%an'], ['sort'], ['uniq', '-c']])
 */
export async function pipe(
  stages: readonly (readonly [file: string, ...args: string[]])[],
  options: PipeOptions = {},
): Promise<PipeResult> {
  const { maxBytes = 16 * 1024 * 1024, check = true } = options
  if (!Array.isArray(stages) || stages.length === 0) {
    refuse('pipe: stages', 'an array of at least one [file, ...args]', stages)
  }
  for (const [file, ...args] of stages) requireProcess('pipe', file, args, options)
  requireLimit('pipe: maxBytes', maxBytes, 0)
  throwIfCancelled()
  const children: ChildProcess[] = []
  await using stack = new AsyncDisposableStack()
  stack.defer(async () => {
    await shield(() => gather(children.map((child) => () => child[Symbol.asyncDispose]())))
  })
  await startAll(stages, options, children)
  const stderrs = children.map(() => new Output())
  const stdout = new Output()
  /** Stages stopped because their output was no longer read. */
  const stopped = new Set<number>()
  const ended = new Set<number>()
  await taskGroup(async (group) => {
    const last = children.at(-1) as ChildProcess
    group.spawn(() => stdout.collect(last.stdout, 'pipe', last.file, maxBytes))
    for (const [i, child] of children.entries()) {
      group.spawn(() => (stderrs[i] as Output).collect(child.stderr, 'pipe', child.file, maxBytes))
      group.spawn(async () => {
        await child.exited()
        ended.add(i)
        const before = children[i - 1]
        if (before === undefined || ended.has(i - 1)) return
        // It notices at its next write, if it writes.
        const { timedOut } = await moveOnAfter(NOTICE, () => before.exited())
        if (!timedOut) return
        stopped.add(i - 1)
        await before.stop()
      })
    }
  })
  const results: StageResult[] = []
  for (const [i, child] of children.entries()) {
    const exit = await child.exited()
    results.push({ ...exit, file: child.file, stderr: (stderrs[i] as Output).text })
  }
  if (check) {
    for (const [i, result] of [...results.entries()].reverse()) {
      if (stopped.has(i) || (i < results.length - 1 && isBrokenPipe(result))) continue
      requireSuccess('pipe', result.file, { ...result, stdout: '' })
    }
  }
  return { stdout: stdout.text, stages: results }
}

/** All in one turn of the event loop, so that this process does not read what is meant for the next stage. */
async function startAll(
  stages: readonly (readonly [file: string, ...args: string[]])[],
  options: PipeOptions,
  children: ChildProcess[],
): Promise<void> {
  const starts: Promise<void>[] = []
  let input: Readable | undefined
  for (const [i, [file, ...args]] of stages.entries()) {
    const made = start('pipe', file, args, options, [input ?? 'ignore', 'pipe', 'pipe'])
    input?.destroy() // the stage has a copy; ours would keep the pipe open
    if (made instanceof Error) throw made
    starts.push(made.started)
    input = made.process.stdout ?? undefined
    if (made.process.pid === undefined) continue
    const isLast = i === stages.length - 1
    children.push(new ChildProcess(made.process, file, options, isLast))
  }
  for (const started of starts) await started
}

/**
 * Whether a stage failed because its output was no longer read: judged by the signal, or by its message. Its end may be
 * seen first.
 */
function isBrokenPipe({ code, signal, stderr }: StageResult): boolean {
  if (signal === 'SIGPIPE' || code === 141) return true
  return code !== undefined && /EPIPE|broken pipe|ECONNRESET|connection reset/i.test(stderr)
}
