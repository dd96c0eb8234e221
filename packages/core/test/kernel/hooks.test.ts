import { AsyncLocalStorage } from 'node:async_hooks'
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

  it('puts what an observer wants around the body of a task, and what travels there travels along its awaits', () =>
    testRun(async () => {
      const span = new AsyncLocalStorage<string>()
      const seen: unknown[] = []
      const offs = [
        instrument({ around: (task, body) => span.run(`span of ${task.name}`, body) }),
        instrument({ around: () => seen.push('calls nothing') }),
        instrument({
          around(_, body) {
            body()
            body()
          },
        }),
      ]
      await spawn(
        async () => {
          seen.push(span.getStore())
          await sleep(1)
          seen.push(span.getStore())
        },
        { name: 'nap' },
      )
      for (const off of offs) off()
      await spawn(() => seen.push(span.getStore()))
      expect(seen).toEqual(['calls nothing', 'span of nap', 'span of nap', undefined])
    }))

  it('starts a task whose observer throws in place of starting it, and reports that once', async () => {
    const failure = new Error('around')
    let ran = 0
    const lost = await unhandled(() =>
      testRun(
        async () => {
          const off = instrument({
            around() {
              throw failure
            },
          })
          await spawn(() => (ran += 1))
          await spawn(() => (ran += 1))
          off()
        },
        { unhandled: 'report' },
      ),
    )
    expect([ran, lost]).toEqual([2, [failure]])
  })

  it('tells an event to those who listened when it began, though one of them takes another off', () =>
    testRun(async () => {
      const seen: string[] = []
      const first = instrument({
        taskSpawned: () => {
          seen.push('first')
          second()
        },
      })
      const second = instrument({ taskSpawned: () => seen.push('second') })
      await spawn(() => {})
      await spawn(() => {})
      first()
      expect(seen).toEqual(['first', 'second', 'first'])
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
