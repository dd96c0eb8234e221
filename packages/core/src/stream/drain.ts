import { Cancelled } from '../errors.ts'
import { closeFailed } from '../flow/source.ts'
import type { ScopeNode } from '../lowlevel.ts'
import { checkpoint } from '../scope/checkpoint.ts'
import { END, isThenable, ITEMS_PER_TURN } from './cursor.ts'
import type { Source } from './cursor.ts'

/** Walks a source to its end in `scope`, one item after the other; whatever happens, it is closed. */
export async function drain<T>(
  source: Source<T>,
  scope: ScopeNode,
  use: (item: T) => unknown,
): Promise<void> {
  throwIfReached(scope)
  const cursor = source.open(scope)
  try {
    for (let turn = 1; ; turn++) {
      let item = cursor.next()
      if (item instanceof Promise) item = await item
      if (item === END) return
      const used = use(item)
      if (isThenable(used)) await used
      throwIfReached(scope)
      if (turn % ITEMS_PER_TURN === 0) await checkpoint()
    }
  } catch (error) {
    await closeFailed(cursor, error)
  }
}

/** A cancellation has reached the scope. */
function throwIfReached({ cancelledBy }: ScopeNode): void {
  if (cancelledBy !== undefined) throw new Cancelled(cancelledBy.reason)
}
