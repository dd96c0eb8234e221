import { describe, expect, it } from 'vitest'
import { run, sleep, spawn, stopping, TaskCancelledError } from '../../src/index.ts'
import { testRun } from '../../src/testing.ts'

describe('stopping', () => {
  it('is one event for each program, that a loop can look at and a task can wait for', () =>
    testRun(async () => {
      const event = stopping()
      expect(stopping()).toBe(event)
      expect(event.isSet).toBe(false)
      const waiter = spawn(() => stopping().wait())
      await sleep(10)
      event.set()
      event.set()
      await waiter
      expect(stopping().isSet).toBe(true)
    }))

  it('stays set', () =>
    testRun(async () => {
      stopping().set()
      expect(() => stopping().clear()).toThrow('a program that was asked to stop stays so')
    }))

  it('is another one in another run', async () => {
    const first = await testRun(() => {
      stopping().set()
      return stopping()
    })
    expect(await testRun(() => stopping().isSet)).toBe(false)
    expect(first.isSet).toBe(true)
  })

  it('cancels a program without a grace when it is set by hand', async () => {
    await expect(
      run(async () => {
        stopping().set()
        await sleep(60_000)
      }),
    ).rejects.toBeInstanceOf(TaskCancelledError)
  })

  it('is set when somebody first asks after the request', () =>
    testRun(async () => {
      const asked = run(
        async () => {
          await sleep(10)
          return stopping().isSet
        },
        { grace: 50, signal: undefined as never },
      )
      expect(await asked).toBe(false)
    }))

  it('is an event that nobody sets outside any run', () => {
    expect(stopping().isSet).toBe(false)
    expect(stopping()).toBe(stopping())
  })
})
