import { readdirSync, readFileSync } from 'node:fs'

/** Ticks of the clock in a second, as Linux counts the time of processes. */
const ticks = 100

/** The CPU time of a process and all that it has started, in milliseconds. */
export function cpuOfTree(root: number): number {
  const processes = new Map<number, { readonly parent: number; readonly time: number }>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const found = processOf(name)
    if (found !== undefined) processes.set(Number(name), found)
  }
  const isBelow = (pid: number): boolean => {
    const parent = processes.get(pid)?.parent
    return pid === root || (parent !== undefined && parent > 1 && isBelow(parent))
  }
  let sum = 0
  for (const [pid, { time }] of processes) if (isBelow(pid)) sum += time
  return (sum * 1000) / ticks
}

/** Its own time and that of children that are gone. */
function processOf(pid: string): { readonly parent: number; readonly time: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const [, parent = 0] = fields
    const times = fields.slice(11, 15)
    return { parent, time: times.reduce((sum, time) => sum + time, 0) }
  } catch {
    return undefined // gone by now
  }
}
