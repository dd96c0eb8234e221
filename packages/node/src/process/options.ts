import type { Launcher } from '../launcher/launcher.ts'
import { refuse, requireDuration, requireOptions } from 'corral/lowlevel'

/** How a process is run. */
export interface ProcessOptions {
  /** Its working directory; that of this process unless given. */
  readonly cwd?: string | URL
  /** Variables in addition to those of this process; `undefined` takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** What becomes of its standard error: read here, dropped, or printed where ours is. */
  readonly stderr?: 'pipe' | 'ignore' | 'inherit'
  /** How long the group has after SIGTERM, in milliseconds, before SIGKILL ends it. 5000 unless given. */
  readonly grace?: number
  /** What becomes of members of the group that outlive their leader: they are stopped, or left alone. */
  readonly leftovers?: 'stop' | 'leave'
  /** Forks in our place: for a process with much memory, or one that may be killed. */
  readonly launcher?: Launcher
  /** Sends a signal to a group in our place: for programs that belong to somebody else, such as those of sudo. */
  readonly kill?: (group: number, signal: NodeJS.Signals) => void
}

export interface OpenProcessOptions extends ProcessOptions {
  /** Its standard input: nothing (`ignore`), or written by us. */
  readonly stdin?: 'ignore' | 'pipe'
  /** What becomes of its standard output. */
  readonly stdout?: 'pipe' | 'ignore' | 'inherit'
}

/** @throws MisuseError for what cannot be meant */
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
