import { describe, expect, it } from 'vitest'
import {
  currentSignal,
  moveOnAfter,
  MisuseError,
  registerCancellation,
  sleep,
  taskGroup,
  timeout,
  TimeoutError,
} from '../../src/index.ts'
import { testRun } from '../../src/testing.ts'

class RequestAborted extends Error {}

/** What a library does that is handed a signal: it throws an error of its own when that aborts. */
function request(error: () => unknown): () => Promise<never> {
  return () =>
    new Promise((_resolve, reject) => {
      currentSignal().addEventListener('abort', () => reject(error()), { once: true })
    })
}

const axiosLike = (): Error => Object.assign(new Error('canceled'), { code: 'ERR_CANCELED' })
const nodeLike = (): Error => Object.assign(new Error('aborted'), { code: 'ABORT_ERR' })

describe('the error of a library whose signal aborted', () => {
  it.each([
    ['ERR_CANCELED', axiosLike],
    ['ABORT_ERR', nodeLike],
  ])('counts as the cancellation by its code %s', (_code, error) =>
    testRun(
      async () => {
        expect(await moveOnAfter(30, request(error))).toEqual({ timedOut: true })
        await expect(timeout(30, request(error))).rejects.toThrow(TimeoutError)
        await taskGroup(async (group) => {
          group.spawn(request(error))
          await sleep(30)
          group.cancel()
        })
      },
      { foreign: 'wait' },
    ),
  )

  it('is the work’s own where nothing was cancelled', () =>
    testRun(async () => {
      const failing = moveOnAfter(30, () => Promise.reject(axiosLike()))
      await expect(failing).rejects.toThrow('canceled')
    }))
})

describe('registerCancellation', () => {
  it('teaches an error that no code tells', () =>
    testRun(async () => {
      const aborted = request(() => new RequestAborted())
      await expect(moveOnAfter(30, aborted)).rejects.toBeInstanceOf(RequestAborted)
      registerCancellation((error) => error instanceof RequestAborted)
      expect(await moveOnAfter(30, aborted)).toEqual({ timedOut: true })
    }))

  it('refuses what is no function', () => {
    expect(() => registerCancellation('AbortError' as never)).toThrow(
      new MisuseError('registerCancellation: test must be a function, got "AbortError" (string)'),
    )
  })
})
