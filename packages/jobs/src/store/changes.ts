import { Event, moveOnAfter, openGroup } from 'corral'
import type { JobStore } from './job-store.ts'

/**
 * Comes at once, and then whenever something may have changed: as the store hints, and from time to time.
 *
 * Cancellation: ends it. Leaving the loop does it too.
 */
export async function* changes(store: JobStore): AsyncGenerator<void, void> {
  const changed = new Event()
  await using group = openGroup()
  group.spawn(
    async () => {
      for await (const _ of store.hints()) changed.set()
    },
    { name: 'hints' },
  )
  for (;;) {
    changed.clear()
    yield
    await moveOnAfter(store.pace, () => changed.wait())
  }
}
