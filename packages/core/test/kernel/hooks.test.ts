import { describe, expect, it } from 'vitest'
import { sleep, spawn } from '../../src/index.ts'
import { instrument } from '../../src/lowlevel.ts'
import { testRun } from '../../src/testing.ts'
import { unhandled } from '../unhandled.ts'

describe('instrument', () => {
  it('sees a task spawned, started, waiting, woken and ended, in this order, until it is taken off', () =>
    testRun(async () => {
      const seen: string[] = []
      const off = instrument({
        taskSpawned: (task) => seen.push(`${task.name} spawned`),
        taskStarted: (task) => seen.push(`${task.name} started`),
        taskEnded: (task) => seen.push(`${task.name} ${task.status}`),
        waiting: (waiter) => seen.push(`${waiter.scope?.task?.name} waits for ${waiter.kind}`),
        woken: (waiter) => seen.push(`${waiter.scope?.task?.name} ${waiter.state}`),
      })
      await spawn(() => sleep(1), { name: 'nap' })
      off()
      await sleep(1)
      expect(seen).toEqual([
        'nap spawned',
        'nap started',
        'nap waits for sleep',
        'main waits for Task',
        'nap granted',
        'nap fulfilled',
        'main granted',
      ])
    }))

  it('takes off a hook that throws, reports its error once, and leaves the tasks alone', async () => {
    const failure = new Error('hook')
    let calls = 0
    const lost = await unhandled(() =>
      testRun(
        async () => {
          const off = instrument({
            waiting() {
              calls += 1
              throw failure
            },
          })
          await sleep(1)
          await sleep(1)
          off()
        },
        { unhandled: 'report' },
      ),
    )
    expect(calls).toBe(1)
    expect(lost).toEqual([failure])
  })
})
