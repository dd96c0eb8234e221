import { readFileSync } from 'node:fs'

/** What the system says of a process, as far as it matters to whoever wants to look into it. */
export interface ProcessStatus {
  readonly pid: number
  /** `R` running, `S` sleeping, `D` waiting for a disk, `T` stopped, `Z` ended but not yet reaped. */
  readonly state: string
  readonly uid: number
  /** Its number inside of its own container. */
  readonly innerPid: number
  readonly catchesUsr1: boolean
}

/** @returns nothing when there is no such process */
export function readProcessStatus(pid: number): ProcessStatus | undefined {
  let text
  try {
    text = readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return undefined
  }
  return parseProcessStatus(pid, text)
}

/** @param text of `/proc/PID/status` */
export function parseProcessStatus(pid: number, text: string): ProcessStatus {
  const field = (name: string): string[] =>
    (new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(text)?.[1] ?? '').split(/\s+/)
  const caught = BigInt(`0x${field('SigCgt')[0] || '0'}`)
  return {
    pid,
    state: field('State')[0] ?? '',
    uid: Number(field('Uid')[0]),
    innerPid: Number(field('NSpid').at(-1) || pid),
    catchesUsr1: (caught & (1n << BigInt(usr1 - 1))) !== 0n,
  }
}

const usr1 = 10
