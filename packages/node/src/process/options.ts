import type { Launcher } from '../launcher/launcher.ts'
import { refuse, requireDuration, requireOptions } from 'corral/lowlevel'

/** Options for running a process. */
export interface ProcessOptions {
  /** Its working directory; by default that of this process. */
  readonly cwd?: string | URL
  /** Variables in addition to those of this process; `undefined` removes one. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** What happens to its standard error: read here, discarded, or passed through to ours. */
  readonly stderr?: 'pipe' | 'ignore' | 'inherit'
  /** How long the group has between SIGTERM and SIGKILL, in milliseconds. 5000 by default. */
  readonly grace?: number
  /** What happens to members of the group that outlive their leader: they are stopped, or left alone. */
  readonly leftovers?: 'stop' | 'leave'
  /** Forks on our behalf: for a process with much memory, or one that may be killed. */
  readonly launcher?: Launcher
  /** Sends a signal to a group instead of us: for programs of another user, such as those run with sudo. */
  readonly kill?: (group: number, signal: NodeJS.Signals) => void
}

export interface OpenProcessOptions extends ProcessOptions {
  /** Its standard input: empty (`ignore`), or written by us. */
  readonly stdin?: 'ignore' | 'pipe'
  /** What happens to its standard output. */
  readonly stdout?: 'pipe' | 'ignore' | 'inherit'
}

/** @throws MisuseError for invalid options */
export function requireProcess(
  api: string,
  file: string,
  args: readonly string[],
  options: ProcessOptions,
): void {
  if (typeof file !== 'string') refuse(`${api}: file`, 'a string', file)
  if (!Array.isArray(args)) refuse(`${api}: args`, 'an array of strings', args)
  requireOptions(api, options)
  if (options.grace !== undefined) requireDuration(`${api}: grace`, options.grace)
  if (process.platform === 'win32') {
    refuse(`${api}: the system`, 'one with process groups (Linux, macOS)', process.platform)
  }
}
