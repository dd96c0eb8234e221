import { readFileSync, readlinkSync } from 'node:fs'

/** Where processes have their numbers: this boot of this machine, this container. Undefined where it cannot be told. */
const place: string | undefined = attempt(() => {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  return `${boot} ${readlinkSync('/proc/self/ns/pid')}`
})

/** What tells a process from a later one of the same number. */
export function identityOf(pid: number): string | undefined {
  const started = place === undefined ? undefined : startOf(pid)
  return started === undefined ? undefined : `${place} ${started}`
}

/** Whether the process of that identity has ended, for certain. */
export function hasExited(pid: number, identity: string | undefined): boolean {
  if (identity === undefined || place === undefined) return false
  // Of another machine or container: its numbers mean nothing here.
  if (!identity.startsWith(`${place} `)) return false
  return identityOf(pid) !== identity
}

/** When it was started, in ticks since the boot. Undefined when it has ended, though it may not have been waited for. */
function startOf(pid: number): string | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  // Its name, in parentheses, may have spaces and parentheses in it.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state] = fields ?? []
  return state === undefined || state === 'Z' || state === 'X' ? undefined : fields?.[19]
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined // there is no such file: another system, or no such process
  }
}
