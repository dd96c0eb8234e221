import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { look } from '../living.ts'

/** One line of the table. It runs in a process of its own. */
export interface Row {
  readonly what: string
  readonly expected: string
  /** What was seen; the same words as expected when all is well. */
  readonly run: () => Promise<string>
  /** A command that this process is started through; where it does not work the row is left out. */
  readonly through?: readonly string[]
}

/** The environment of what is started, so that it is found again. */
export const mark = `chaos-${process.pid}`
export const env: Record<string, string> = { MARK: mark }

/** How an attempt ended: `done`, or the code and name of what it threw. */
export async function outcome(work: () => Promise<unknown>): Promise<string> {
  try {
    await work()
    return 'done'
  } catch (error) {
    const { name, code } = error as NodeJS.ErrnoException
    return code === undefined ? name : `${name} ${code}`
  }
}

/** Those alive of what was started with `env`. */
export function alive(): number {
  return look(mark).living.length
}

export function descriptors(): number {
  return readdirSync('/proc/self/fd').length
}

export function folder(): string {
  return mkdtempSync(join(tmpdir(), 'corral-chaos-'))
}

/** Whether something took less than so many milliseconds; the machine is shared, so the limits are wide. */
export async function within(limit: number, work: () => Promise<string>): Promise<string> {
  const before = performance.now()
  const seen = await work()
  const ms = performance.now() - before
  return ms <= limit ? seen : `${seen}, but after ${Math.round(ms)} ms`
}

export function stateOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3)
  } catch {
    return 'gone'
  }
}
