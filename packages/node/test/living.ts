import { readdirSync, readFileSync } from 'node:fs'

/**
 * The processes that live and have `mark` in their environment: whatever group or session they are in. The one
 * question that these tests ask in the end.
 */
export function living(mark: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid && isLiving(pid, mark))
}

function isLiving(pid: number, mark: string): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    if (/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))) return false
    return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`MARK=${mark}\0`)
  } catch {
    return false
  }
}

let made = 0
/** A mark that no other process has. */
export function newMark(): string {
  made += 1
  return `${process.pid}-${made}`
}

/** Polls until it is so; a test that waits for ever is ended by its time limit. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((done) => setTimeout(done, 5))
}
