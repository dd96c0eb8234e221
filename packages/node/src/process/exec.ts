import { taskGroup } from 'corral'
import { requireLimit } from 'corral/lowlevel'
import type { Exit } from './child-process.ts'
import { openProcess } from './open-process.ts'
import { requireProcess } from './options.ts'
import type { ProcessOptions } from './options.ts'
import { lastWords, Output } from './output.ts'
import { ProcessError } from './process-error.ts'

export interface ExecOptions extends ProcessOptions {
  /** What is written to its standard input; by default it is empty. */
  readonly input?: string | Uint8Array
  /** What happens to its standard output. */
  readonly stdout?: 'pipe' | 'ignore' | 'inherit'
  /** How much each of stdout and stderr may receive, in bytes; 16 MiB by default. Beyond it the group is ended. */
  readonly maxBytes?: number
  /** Whether an exit code other than 0, or a signal, is an error; true by default. */
  readonly check?: boolean
}

/** What a program printed, decoded as UTF-8, and how it ended. */
export interface ExecResult extends Exit {
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs a program to its end, without a shell, and returns what it printed. When it settles, in any way, no member of
 * its process group is alive.
 *
 * Cancellation: stops the group (SIGTERM, the grace, SIGKILL) and throws when it is gone.
 *
 * @param file a path, or a name that is looked up in PATH
 * @throws ProcessError EXIT, SIGNAL, NOT_FOUND, START, OUTPUT_LIMIT or UNKILLABLE
 * @example
 * const { stdout } = await exec('git', ['rev-parse', 'HEAD'], { cwd: folder })
 * @see subprocess.run, trio.run_process
 */
export async function exec(
  file: string,
  args: readonly string[] = [],
  options: ExecOptions = {},
): Promise<ExecResult> {
  requireProcess('exec', file, args, options)
  const { input, maxBytes = 16 * 1024 * 1024, check = true } = options
  requireLimit('exec: maxBytes', maxBytes, 0)
  await using child = await openProcess(file, args, {
    ...options,
    stdin: input === undefined ? 'ignore' : 'pipe',
  })
  const [out, err] = [new Output(), new Output()]
  await taskGroup(async (group) => {
    group.spawn(() => out.collect(child.stdout, 'exec', file, maxBytes))
    group.spawn(() => err.collect(child.stderr, 'exec', file, maxBytes))
    const feeding = group.spawn(async () => {
      if (input === undefined) return
      if (await child.stdin.write(input)) await child.stdin.close()
    })
    await child.exited()
    feeding.cancel() // there is no reader left
  })
  const result = { ...(await child.exited()), stdout: out.text, stderr: err.text }
  if (check) requireSuccess('exec', file, result)
  return result
}

/** @throws ProcessError EXIT or SIGNAL */
export function requireSuccess(
  api: string,
  file: string,
  { code, signal, stdout, stderr }: Omit<ExecResult, 'leftovers'>,
): void {
  if (signal !== undefined) {
    const message = `${api}: ${signal} ended ${file}; ${lastWords(stderr)}`
    throw new ProcessError('SIGNAL', file, message, { signal, stdout, stderr })
  }
  if (code !== 0) {
    const message = `${api}: ${file} exited with code ${code}; ${lastWords(stderr)}`
    throw new ProcessError('EXIT', file, message, { exitCode: code, stdout, stderr })
  }
}
