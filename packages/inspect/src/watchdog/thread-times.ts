import { openSync, readSync } from 'node:fs'

/** What a thread has used of a processor, and how long it could have run and had none, in milliseconds. */
export interface ThreadTimes {
  readonly cpu: number
  readonly starved: number
}

const text = Buffer.alloc(64)
let file: number | undefined

/**
 * Those of the main thread, read from outside, while it is blocked as well; undefined where the system does not tell. The file
 * stays open as long as the thread that calls this.
 */
export function mainThreadTimes(): ThreadTimes | undefined {
  try {
    file ??= openSync(`/proc/self/task/${process.pid}/schedstat`, 'r')
    const length = readSync(file, text, 0, text.length, 0)
    const [cpu, starved] = text.toString('latin1', 0, length).split(' ')
    return { cpu: Number(cpu) / 1e6, starved: Number(starved) / 1e6 }
  } catch {
    return undefined
  }
}
