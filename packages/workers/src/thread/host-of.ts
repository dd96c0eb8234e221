import { MisuseError } from 'corral'
import { currentJob } from './current-job.ts'

/** The functions of a pool's `host`, as they are called from its threads. */
export type HostFunctions<H> = {
  readonly [K in keyof H]: H[K] extends (...args: infer A) => infer R
    ? (...args: A) => Promise<Awaited<R>>
    : never
}

/**
 * Calls back into the pool's side: the functions of its `host`. They run there as tasks of the call that this function
 * works for. Arguments and answers are copied, errors restored.
 *
 * Cancellation: cancels the task there, and throws after it has ended.
 *
 * @throws MisuseError outside a pool's thread or process, or without such a function
 * @example
 * import type { host } from './main.ts'
 * const price = await hostOf<typeof host>().priceOf('apple')
 * @see asyncio.run_coroutine_threadsafe, anyio.from_thread.run
 */
export function hostOf<H extends object>(): HostFunctions<H> {
  return remote as HostFunctions<H>
}

const remote: object = new Proxy(Object.freeze({}), {
  get: (_target, name) => {
    if (typeof name !== 'string' || name === 'then') return undefined // it is no promise
    return async (...args: readonly unknown[]): Promise<unknown> => {
      const job = currentJob()
      if (job !== undefined) return await job.callHost(name, args)
      throw new MisuseError(
        `hostOf: ${name} was called outside a call of a pool; pass the function as an argument where there is none`,
      )
    }
  },
})
