import { Clock } from './clock.ts'
import { random } from './originals.ts'
import type { Runtime } from './records.ts'
import { SystemTime } from './system-time.ts'

let lastId = 0

/** The machine's own time and chance. */
export const systemRuntime: Runtime = {
  clock: new Clock(new SystemTime()),
  random,
  nextId: () => ++lastId,
  scheduler: undefined,
}
