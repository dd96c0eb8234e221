import type { Driver } from './driver.ts'
import { VirtualTimer } from './virtual-timers.ts'
import type { TimerOptions } from './virtual-timers.ts'

interface Options {
  readonly signal?: AbortSignal
  readonly ref?: boolean
}

/** `setTimeout` and `setImmediate` of `timers/promises`. */
export function after<T>(
  driver: Driver,
  kind: TimerOptions['kind'],
  delay: number,
  value: T,
  { signal, ref = true }: Options = {},
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    if (signal?.aborted === true) return reject(abortError(signal))
    const timer = new VirtualTimer(
      driver,
      () => {
        signal?.removeEventListener('abort', abort)
        resolve(value)
      },
      delay,
      { kind, ref },
    )
    function abort(): void {
      timer.close()
      reject(abortError(signal as AbortSignal))
    }
    signal?.addEventListener('abort', abort, { once: true })
  })
}

/** `setInterval` of `timers/promises`. */
export async function* every<T>(
  driver: Driver,
  delay: number,
  value: T,
  { signal, ref = true }: Options = {},
): AsyncGenerator<T, void, undefined> {
  signal?.throwIfAborted()
  let due = 0
  let tell: (() => void) | undefined
  const options = { kind: 'setInterval', repeat: true, ref } as const
  const ring = (): void => {
    due += 1
    tell?.()
  }
  const timer = new VirtualTimer(driver, ring, delay, options)
  signal?.addEventListener('abort', ring, { once: true })
  try {
    for (;;) {
      if (due === 0) {
        await new Promise<void>((resolve) => {
          tell = resolve
        })
      }
      if (signal?.aborted === true) throw abortError(signal)
      due -= 1
      yield value
    }
  } finally {
    timer.close()
    signal?.removeEventListener('abort', ring)
  }
}

/** As Node makes it. */
function abortError(signal: AbortSignal): Error {
  const error = new Error('The operation was aborted', { cause: signal.reason })
  return Object.assign(error, { name: 'AbortError', code: 'ABORT_ERR' })
}
