import { throwIfCancelled } from 'corral'
import { ChildProcess } from './child-process.ts'
import { requireProcess } from './options.ts'
import type { OpenProcessOptions } from './options.ts'
import { start, startBy } from './start.ts'

/**
 * Starts a program, without a shell, as the leader of a process group. `await using` ends it with everything it
 * started. Costs a fork; its output is read at your pace.
 *
 * Cancellation: if cancelled before the start, nothing is forked; the process itself is ended by leaving its block.
 *
 * @param file a path, or a name that is looked up in PATH
 * @throws ProcessError NOT_FOUND (see `missing`) or START
 * @example
 * await using server = await openProcess('python3', ['-m', 'http.server'], { stderr: 'inherit' })
 * await server.exited()
 * @see trio.lowlevel.open_process, asyncio.create_subprocess_exec
 */
export async function openProcess(
  file: string,
  args: readonly string[] = [],
  options: OpenProcessOptions = {},
): Promise<ChildProcess> {
  requireProcess('openProcess', file, args, options)
  throwIfCancelled()
  const { stdin = 'ignore', stdout = 'pipe', stderr = 'pipe' } = options
  const { launcher } = options
  if (launcher !== undefined) {
    const forked = await startBy(launcher, 'openProcess', file, args, options, [
      stdin,
      stdout,
      stderr,
    ])
    return new ChildProcess(forked, file, options)
  }
  const made = start('openProcess', file, args, options, [stdin, stdout, stderr])
  if (made instanceof Error) throw made
  if (made.process.pid === undefined) await made.started // throws why there is none
  const child = new ChildProcess(made.process, file, options)
  await made.started
  return child
}
