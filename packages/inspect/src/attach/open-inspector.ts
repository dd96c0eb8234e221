import { readFileSync } from 'node:fs'
import { now, sleep } from 'corral'
import { AttachError } from './attach-error.ts'
import { listenersAround, listenersOf, type Listener } from './listening-ports.ts'
import { readProcessStatus } from './process-status.ts'
import type { TargetProcess } from './target-process.ts'

/** An inspector that is open, and whether that is our doing. */
export interface OpenInspector {
  readonly listener: Listener
  readonly ours: boolean
}

export interface OpenInspectorOptions {
  /** Milliseconds to wait at the most. */
  readonly wait: number
  /** Told once when it takes long, with what is known of the reason. */
  readonly onSlow: (reason: string) => void
  /** Told when the signal has been sent: from then on an inspector may open, whatever happens here. */
  readonly onSignal: () => void
}

/** Milliseconds between two looks. */
const step = 3
/** Milliseconds after which it is told that it takes long. */
const slow = 1000
/** Milliseconds to wait for a port that another process has. */
const patience = 2500
/** Milliseconds after which the signal is sent once more. */
const again = 3000

/** The inspector of a process that is open already, where its command line says, or where it usually is. */
export function findOpenInspector(target: TargetProcess): Listener | undefined {
  const { pid, inspectorPort } = target
  return listenersOf(
    pid,
    listenersAround(pid).filter(({ port }) => port === inspectorPort),
  )[0]
}

/**
 * Has a process open its inspector, and finds out where: the socket that it did not have before. No other process is
 * talked to.
 *
 * Cancellation: gives up waiting; the process may open it later.
 *
 * @throws AttachError when it does not
 */
export async function openInspector(
  target: TargetProcess,
  { wait, onSlow, onSignal }: OpenInspectorOptions,
): Promise<OpenInspector> {
  const { pid, inspectorPort } = target
  const open = findOpenInspector(target)
  if (open !== undefined) return { listener: open, ours: false }
  const before = await whenFree(target)
  const known = new Set(before.map(({ inode }) => inode))
  signal(pid)
  onSignal()
  const start = now()
  let told = false
  let repeated = false
  for (;;) {
    await sleep(step)
    const fresh = listenersAround(pid).filter(({ inode }) => !known.has(inode))
    const [listener] = listenersOf(
      pid,
      fresh.filter(({ port }) => port === inspectorPort || inspectorPort === 0),
    )
    if (listener !== undefined) return { listener, ours: true }
    const waited = now() - start
    const state = readProcessStatus(pid)?.state
    if (state === undefined || state === 'Z') {
      throw new AttachError('ENDED', `process ${pid} ended`)
    }
    if (!repeated && waited >= again) {
      repeated = true
      signal(pid) // what the first one opened may have been closed on behalf of an earlier attach
    }
    if (!told && waited >= slow) {
      told = true
      onSlow(reasonOf(pid))
    }
    if (waited >= wait) {
      throw new AttachError(
        'NO_ANSWER',
        `process ${pid} did not open its inspector for ${Math.round(waited / 100) / 10} s: ${reasonOf(pid)}`,
      )
    }
  }
}

/** Who listens, once the port is free: the process looked into before may have it for another moment. */
async function whenFree({ pid, inspectorPort }: TargetProcess): Promise<readonly Listener[]> {
  const start = now()
  for (;;) {
    const all = listenersAround(pid)
    if (!all.some(({ port }) => port === inspectorPort)) return all
    if (now() - start >= patience) {
      throw new AttachError(
        'PORT_TAKEN',
        `port ${inspectorPort}, where process ${pid} would open its inspector, is taken by another process`,
      )
    }
    await sleep(step)
  }
}

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGUSR1')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ESRCH') throw new AttachError('ENDED', `process ${pid} has ended`)
    throw new AttachError('NOT_PERMITTED', `process ${pid} may not be signalled (${code})`)
  }
}

/** What the system says of the main thread of a process that does not react. */
function reasonOf(pid: number): string {
  const state = readProcessStatus(pid)?.state
  if (state === 'T') return 'it is stopped'
  const busy = state === 'R' ? 'computes' : 'waits'
  const children = childrenOf(pid)
  const child = children === '' ? '' : `, perhaps for its child ${children}`
  return `its main thread ${busy} in native code, such as execSync${child}, or it handles SIGUSR1 itself`
}

function childrenOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ')[0] ?? ''
  } catch {
    return ''
  }
}
