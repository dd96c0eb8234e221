import { Alarm } from '../flow/alarm.ts'
import { END } from './cursor.ts'
import type { End, Opener } from './cursor.ts'
import { drain } from './drain.ts'
import { beside } from './relay.ts'
import type { Work } from './relay.ts'

/** An item when none has come for `ms` after it; the last one at the end. */
export function debouncing<T>(source: Opener<T>, ms: number): Opener<T> {
  const work: Work<T> = async (relay, scope) => {
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
  }
  return beside('Stream.debounce', work, 1, true)
}
