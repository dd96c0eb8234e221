import { cancellable, isCancelled, moveOnAfter, race, shield, taskGroup } from 'corral'
import type { RetryBudget, Task } from 'corral'
import { requireDuration, requireFunction, requireOptions } from 'corral/lowlevel'

export interface HedgeOptions {
  /** How long the first attempt may take before the second begins beside it, in milliseconds: its usual p95, say. */
  readonly delay: number
  /** What the second attempt is taken from, as retries are; there is none when it is used up. */
  readonly budget?: RetryBudget
}

type Outcome<T> = { readonly value: T } | { readonly error: unknown }

/**
 * Makes a second attempt beside a slow first one, and takes whichever succeeds first. For work that may be done twice.
 * A failure before the second has begun is thrown: this is no retry. What a loser has opened all the same is disposed.
 *
 * Cancellation: reaches both; a loser is cancelled and awaited, so that the server stops to work for it.
 *
 * @throws what the first attempt throws, when no second one succeeds
 * @example
 * const response = await hedge(() => session.get(url), { delay: 50, budget })
 * @see Dean and Barroso, "The Tail at Scale"; staggeredRace
 */
export async function hedge<T>(fn: () => PromiseLike<T> | T, options: HedgeOptions): Promise<T> {
  requireFunction('hedge: fn', fn)
  requireOptions('hedge', options)
  const { delay, budget } = options
  requireDuration('hedge: delay', delay)
  const outcome = await taskGroup<Outcome<T>>(
    async (group) => {
      const first = group.spawn(() => attempt(fn), { name: 'first' })
      const usual = await moveOnAfter(delay, () => cancellable(first))
      if (!usual.timedOut || budget?.tryTake() === false) return await first
      return await better(
        first,
        group.spawn(() => attempt(fn), { name: 'second' }),
      )
    },
    { name: 'hedge' },
  )
  if (outcome === undefined) throw new TypeError('a group that nobody cancels has a value')
  if ('error' in outcome) throw outcome.error
  budget?.succeeded()
  return outcome.value
}

/** A failure of one attempt is none of the other's. */
async function attempt<T>(fn: () => PromiseLike<T> | T): Promise<Outcome<T>> {
  try {
    return { value: await fn() }
  } catch (error) {
    if (isCancelled(error)) throw error
    return { error }
  }
}

async function better<T>(first: Task<Outcome<T>>, second: Task<Outcome<T>>): Promise<Outcome<T>> {
  const tag = (task: Task<Outcome<T>>, other: Task<Outcome<T>>) => async () => ({
    outcome: await cancellable(task),
    other,
  })
  const { outcome, other } = await race([tag(first, second), tag(second, first)])
  if ('error' in outcome) {
    const last = await other
    return 'error' in last ? await first : last
  }
  other.cancel('the other attempt was faster')
  await shield(async () => {
    const lost = await other.settled()
    if (lost.status === 'fulfilled' && 'value' in lost.value) await dispose(lost.value.value)
  })
  return outcome
}

/** Both were done at once: nobody will read the second. */
async function dispose(value: unknown): Promise<void> {
  const { [Symbol.asyncDispose]: close } = Object(value) as Partial<AsyncDisposable>
  try {
    await close?.call(value as AsyncDisposable)
  } catch (error) {
    if (isCancelled(error)) throw error
  }
}
