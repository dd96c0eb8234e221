import { describe, expect, it } from 'vitest'
import {
  checkpoint,
  Future,
  MisuseError,
  sleep,
  spawn,
  TaskCancelledError,
  TaskLocal,
} from '../../src/index.ts'
import { testRun } from '../../src/testing.ts'
import { unhandled } from '../unhandled.ts'

describe('Future', () => {
  it('gives its value to those who wait and to those who come later, falsy ones too', () =>
    testRun(async () => {
      for (const value of [0, '', null, undefined, false]) {
        const future = new Future<unknown>()
        const early = spawn(() => future.wait())
        await checkpoint()
        future.resolve(value)
        expect(future.settled).toBe(true)
        expect(await early).toBe(value)
        expect(await future).toBe(value)
      }
    }))

  it('throws its error to those who wait and to those who come later', () =>
    testRun(async () => {
      const failure = new Error('no')
      const future = new Future()
      const early = spawn(() => future.wait().catch((error: unknown) => error))
      await sleep(1)
      future.reject(failure)
      expect(await early).toBe(failure)
      await expect(future.wait()).rejects.toBe(failure)
    }))

  it('can be settled once', () => {
    const future = new Future<number>()
    future.resolve(1)
    expect(() => future.resolve(2)).toThrow(MisuseError)
    expect(() => future.reject(new Error('late'))).toThrow('Future.reject: it is settled already')
    expect(future.cancel()).toBe(false)
  })

  it('that was cancelled says so to those who wait, who are not cancelled themselves', () =>
    testRun(async () => {
      const future = new Future<number>()
      const early = spawn(() => future.wait().catch((error: unknown) => error))
      await sleep(1)
      expect(future.cancel('no callback came')).toBe(true)
      const error = await early
      expect(error).toBeInstanceOf(TaskCancelledError)
      expect((error as Error).message).toBe('task Future was cancelled: no callback came')
      expect(early.status).toBe('fulfilled')
      expect(() => future.resolve(1)).toThrow(MisuseError)
    }))

  it('is left alone by a wait that is cancelled', () =>
    testRun(async () => {
      const future = new Future<number>()
      const [cancelled, other] = [spawn(() => future.wait()), spawn(() => future.wait())]
      await sleep(1)
      cancelled.cancel()
      await cancelled.settled()
      future.resolve(5)
      expect(await other).toBe(5)
    }))

  it('cancelled in the turn in which the task that waits is cancelled ends that task once', async () => {
    for (const futureFirst of [true, false]) {
      const lost = await unhandled(() =>
        testRun(async () => {
          const future = new Future<void>()
          const errors: unknown[] = []
          const task = spawn(async () => {
            try {
              await future
            } catch (error) {
              errors.push((error as { code: string }).code)
              throw error
            }
          })
          const ended = task.settled().catch(() => {})
          await sleep(1)
          if (futureFirst) future.cancel()
          task.cancel()
          if (!futureFirst) future.cancel()
          await ended
          // Granted first, the future's end is delivered; cancelled first, the wait was given up.
          expect(errors).toEqual([futureFirst ? 'TASK_CANCELLED' : 'CANCELLED'])
        }).catch((error: unknown) => expect(error).toBeInstanceOf(TaskCancelledError)),
      )
      expect(lost).toEqual([])
    }
  })

  it('granted and then cancelled is delivered; the next wait throws', () =>
    testRun(async () => {
      const future = new Future<number>()
      let value = 0
      const task = spawn(async () => {
        value = await future
        await checkpoint()
        value = -1
      })
      await sleep(1)
      future.resolve(5)
      task.cancel()
      await task.settled()
      expect([value, task.status]).toEqual([5, 'cancelled'])
    }))

  it('never runs those who wait inside resolve, and each in a context of its own', () =>
    testRun(async () => {
      const seen: string[] = []
      const local = new TaskLocal('none')
      const future = new Future<void>()
      spawn(() => local.run('a', () => future.wait().then(() => seen.push(local.get()))))
      spawn(() => local.run('b', () => future.wait().then(() => seen.push(local.get()))))
      await sleep(1)
      future.resolve()
      seen.push('resolved')
      await sleep(1)
      expect(seen).toEqual(['resolved', 'a', 'b'])
    }))

  it('that failed and that nobody waits for is reported once; read in time, or cancelled, it is not', async () => {
    const failure = new Error('unread')
    const lost = await unhandled(async () => {
      new Future().reject(failure)
      const read = new Future()
      read.reject(new Error('read'))
      await expect(read.wait()).rejects.toThrow('read')
      await expect(read.wait()).rejects.toThrow('read')
      new Future().cancel()
    })
    expect(lost).toEqual([failure])
  })
})
