import {
  Nursery,
  openScope,
  requireLimit,
  RingBuffer,
  spawnInto,
  suspend,
  Waiter,
  wake,
} from '../lowlevel.ts'
import { throwIfCancelled } from '../scope/checkpoint.ts'
import type { GatherOptions } from './gather.ts'
import { limited, spawnEach } from './task-per-thunk.ts'
import { listThunks } from './thunk.ts'
import type { ResultOf, Thunk } from './thunk.ts'

/**
 * Runs all thunks at once, each in a task of its own, and yields their results in the order of completion.
 * They start with the loop; leaving it early cancels the rest and awaits it. The first failure cancels the
 * others; results that were ready before it are yielded first, then it is thrown.
 *
 * Cancellation: reaches every thunk; all are awaited before the loop throws.
 *
 * @throws the first failure as it is, with later ones in its `suppressed`
 * @example
 * for await (const page of asCompleted(urls.map((url) => () => download(url)))) show(page)
 * @see asyncio.as_completed
 */
export function asCompleted<const T extends readonly Thunk<unknown>[]>(
  thunks: T,
  options: GatherOptions = {},
): AsyncGenerator<ResultOf<T[number]>, void, undefined> {
  const { concurrency = Infinity } = options
  requireLimit('asCompleted: concurrency', concurrency)
  const list = listThunks('asCompleted', thunks)
  return completions(list, concurrency) as AsyncGenerator<ResultOf<T[number]>, void, undefined>
}

async function* completions(
  thunks: readonly Thunk<unknown>[],
  concurrency: number,
): AsyncGenerator<unknown, void, undefined> {
  throwIfCancelled()
  const ready = new RingBuffer<unknown>()
  let wait: Waiter | undefined
  const tell = (): void => {
    if (wait !== undefined) wake(wait, undefined)
  }
  const policy = limited('asCompleted', concurrency, (task, _index, group) => {
    if (task.state !== 'fulfilled') group.fail(task.failure())
    else if (!group.failed) ready.push(task.value)
    tell()
  })
  const group = new Nursery(openScope('asCompleted'), (group) => group.finish())
  group.onIdle = tell // all have ended, perhaps cancelled: nothing more will come
  const begin = (): Promise<void> => spawnEach('asCompleted', group, thunks, policy)
  try {
    spawnInto(group, 'asCompleted', begin, { name: 'asCompleted' })
    for (;;) {
      while (ready.size === 0 && !group.failed && group.live > 0) {
        wait = new Waiter('asCompleted', group)
        await suspend(wait)
      }
      if (ready.size === 0) break
      throwIfCancelled()
      yield ready.shift()
    }
  } finally {
    group.cancel('its loop was left')
    await group.end()
  }
}
