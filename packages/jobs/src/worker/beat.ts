import { parentPort, workerData } from 'node:worker_threads'
import type { HeartMessage, Pulse } from './heart.ts'

function tell(message: HeartMessage): void {
  parentPort?.postMessage(message)
}

/**
 * What the thread of a `Heart` does. `beat` is called every so often, never twice at a time, and tells whether the worker
 * is still known; what it throws is an outage, that may pass.
 */
export function beatForEver(beat: () => Promise<boolean> | boolean): void {
  const { every, lease, maxStall, turns } = workerData as Pulse
  let turned = Atomics.load(turns, 0)
  let turnedAt = performance.now()
  let beatenAt = performance.now()
  let begun = false

  const once = async (): Promise<boolean> => {
    const now = performance.now()
    const turn = Atomics.load(turns, 0)
    if (turn !== turned) turnedAt = now
    turned = turn
    // The loop is stuck: let others have its jobs.
    if (now - turnedAt > maxStall) return false
    try {
      if (!(await beat())) return false
      beatenAt = performance.now()
      if (!begun) tell('beating')
      begun = true
    } catch (error) {
      if (!begun) tell({ error })
      if (!begun || performance.now() - beatenAt > lease) return false
    }
    return true
  }

  const next = (): void => {
    void once().then((goOn) => {
      if (goOn) return setTimeout(next, every)
      tell('lost')
      return process.exit()
    })
  }
  next()
}
