import { readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { AttachError } from './attach-error.ts'
import { readProcessStatus, type ProcessStatus } from './process-status.ts'

/** A process that can be asked to open its inspector. */
export interface TargetProcess extends ProcessStatus {
  /** Where it would open its inspector, or has: from its command line and environment. */
  readonly inspectorPort: number
}

const usualPort = 9229

/**
 * Makes sure that a process is there, and is one of ours.
 *
 * @throws AttachError with the reason why it is not looked into
 */
export function requireProcess(pid: number): ProcessStatus {
  if (process.platform !== 'linux') {
    throw new AttachError(
      'UNSUPPORTED',
      `only Linux tells enough about other processes; this is ${process.platform}`,
    )
  }
  const status = readProcessStatus(pid)
  if (status === undefined) throw new AttachError('NO_PROCESS', `there is no process ${pid}`)
  if (status.state === 'Z' || status.state === 'X') {
    throw new AttachError('ENDED', `process ${pid} has ended`)
  }
  const runtime = runtimeOf(pid)
  if (runtime === undefined) {
    throw new AttachError('NOT_NODE', `process ${pid} is not a program of Node or Deno`)
  }
  if ('tT'.includes(status.state)) {
    throw new AttachError('STOPPED', `process ${pid} is stopped; kill -CONT ${pid} lets it go on`)
  }
  return status
}

/**
 * Makes sure that a process may be signalled: one that does not catch SIGUSR1 would be killed by it.
 *
 * @throws AttachError with the reason why it is left alone
 */
export function requireTarget(pid: number): TargetProcess {
  const status = requireProcess(pid)
  if (!status.catchesUsr1) {
    throw new AttachError(
      'NO_SIGNAL',
      `process ${pid} does not catch SIGUSR1, which would kill it; it is still starting, or was started with --disable-sigusr1`,
    )
  }
  requireSameNetwork(pid)
  return { ...status, inspectorPort: inspectorPortOf(pid) }
}

/** By its executable, which a title does not change. */
function runtimeOf(pid: number): string | undefined {
  let executable
  try {
    executable = readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') throw new AttachError('ENDED', `process ${pid} has ended`)
    throw new AttachError('NOT_PERMITTED', `process ${pid} is another user's (${code})`)
  }
  return /^(node|nodejs|deno)(-?[\d.]+)?$/.exec(basename(executable))?.[1]
}

function requireSameNetwork(pid: number): void {
  let same = true
  try {
    same = readlinkSync(`/proc/${pid}/ns/net`) === readlinkSync('/proc/self/ns/net')
  } catch {
    // What cannot be compared is tried.
  }
  if (!same) {
    throw new AttachError(
      'OTHER_NETWORK',
      `process ${pid} is in a container; run this inside of it`,
    )
  }
}

function inspectorPortOf(pid: number): number {
  let port = usualPort
  for (const file of ['environ', 'cmdline']) {
    let text
    try {
      text = readFileSync(`/proc/${pid}/${file}`, 'latin1')
    } catch {
      continue
    }
    const words =
      file === 'cmdline'
        ? text.split('\0')
        : (/(?:^|\0)NODE_OPTIONS=([^\0]*)/.exec(text)?.[1] ?? '').split(/\s+/)
    for (const word of words) {
      const [, value] = /^--(?:inspect|debug)(?:-brk|-wait|-port)?=(?:.*:)?(\d+)$/.exec(word) ?? []
      if (value !== undefined) port = Number(value)
    }
  }
  return port
}
