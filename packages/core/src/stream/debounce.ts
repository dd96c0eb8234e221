import { Alarm } from '../flow/alarm.ts'
import { END } from './cursor.ts'
import type { End, Opener } from './cursor.ts'
import { drain } from './drain.ts'
import { LatestItems } from './latest-items.ts'
import { Relay } from './relay.ts'

/** An item when none has come for `ms` after it; the last one at the end. */
export function debouncing<T>(source: Opener<T>, ms: number): Opener<T> {
  const begin = (relay: Relay<T>): void =>
    relay.spawn(async (scope) => {
      const { clock } = scope.runtime
      let held: T | End = END
      const flush = (): void => {
        if (held !== END) void relay.emit(held, scope)
        held = END
      }
      const alarm = new Alarm(flush)
      try {
        await drain(source, scope, (item) => {
          held = item
          alarm.set(clock, clock.now() + ms)
        })
      } finally {
        alarm.clear()
      }
      flush()
    })
  return {
    open: (scope) => new Relay('Stream.debounce', scope, Infinity, begin, new LatestItems(1)),
  }
}
