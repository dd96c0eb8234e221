import { describe, expect, it } from 'vitest'
import { overdue } from '../../src/debug/overdue.ts'
import {
  cancellable,
  currentSignal,
  moveOnAfter,
  openGroup,
  run,
  shield,
  sleep,
  spawn,
} from '../../src/index.ts'

/** Real: what is not ours does not know our time. */
const foreign = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function findings(main: () => Promise<unknown>): Promise<string[]> {
  const found: string[] = []
  const off = overdue(20, (code, task, what) => found.push(`${code} ${task.name}: ${what}`))
  try {
    await run(main)
  } finally {
    off()
  }
  return found.map((line) => line.replace(/\d+ ms/, 'N ms'))
}

describe('overdue', () => {
  it('finds a foreign wait that goes on after a deadline, and after the cancellation of its task, while it lasts', async () => {
    const message =
      'it goes on N ms after its cancellation; what it awaits is not ours: hand it currentSignal(), or wrap it in cancellable'
    let seen = 0
    const found = await findings(async () => {
      await moveOnAfter(1, () => foreign(200))
      const task = spawn(() => foreign(300), { name: 'it' })
      await foreign(5) // it has begun
      task.cancel()
      await task.settled()
      seen += 1
    })
    expect(found).toEqual([`OVERDUE main: ${message}`, `OVERDUE it: ${message}`])
    expect(seen).toBe(1)
  })

  it('says nothing of shielded cleanup, of what listens to its signal, of cancellable, nor of a group that was cancelled', async () => {
    const found = await findings(async () => {
      await moveOnAfter(1, async () => {
        try {
          await sleep(1000)
        } finally {
          await shield(() => foreign(100))
        }
      })
      const listening = (): Promise<void> =>
        new Promise((_, reject) => {
          const signal = currentSignal()
          signal.addEventListener('abort', () => reject(signal.reason as Error))
        })
      await moveOnAfter(1, listening)
      await moveOnAfter(1, () => cancellable(foreign(100)))
      await using group = openGroup()
      group.cancel()
      await foreign(100)
    })
    expect(found).toEqual([])
  })
})
