import { readFileSync } from 'node:fs'

/** What a thread has used of a processor, and how long it could have run and had none, in milliseconds. */
export interface ThreadTimes {
  readonly cpu: number
  readonly starved: number
}

/**
 * Those of the main thread, read from outside, while it is blocked as well; undefined where the system does not tell.
 */
export function mainThreadTimes(): ThreadTimes | undefined {
  try {
    const text = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1')
    const [cpu, starved] = text.split(' ')
    return { cpu: Number(cpu) / 1e6, starved: Number(starved) / 1e6 }
  } catch {
    return undefined
  }
}
