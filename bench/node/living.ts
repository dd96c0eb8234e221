import { readdirSync, readFileSync } from 'node:fs'

export interface Found {
  readonly living: number[]
  readonly zombies: number
}

/** Processes that have `mark` in their environment, and our own children that nobody reaped. */
export function look(mark: string): Found {
  const living: number[] = []
  let zombies = 0
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1')
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      if (state === 'Z') zombies += Number(parent) === process.pid ? 1 : 0
      else if (readFileSync(`/proc/${name}/environ`, 'latin1').includes(`MARK=${mark}\0`)) {
        living.push(Number(name))
      }
    } catch {
      // it ended meanwhile
    }
  }
  return { living, zombies }
}

export async function until(isSo: () => boolean, ms = 10_000): Promise<void> {
  const end = performance.now() + ms
  while (!isSo() && performance.now() < end) await new Promise((done) => setTimeout(done, 10))
}

export function kill(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // it ended meanwhile
    }
  }
}
