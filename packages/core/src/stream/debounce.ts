import { Timer } from '../lowlevel.ts'
import { END } from './cursor.ts'
import type { End, Source } from './cursor.ts'
import { drain } from './drain.ts'
import { inTask } from './task-stage.ts'
import type { Work } from './task-stage.ts'

/** An item when none has come for `ms` after it; the last one at the end. */
export function debouncing<T>(source: Source<T>, ms: number): Source<T> {
  const work: Work<T> = async (stage, scope) => {
    const { clock } = scope.runtime
    let held: T | End = END
    const flush = (): void => {
      if (held !== END) void stage.emit(held, scope)
      held = END
    }
    const alarm = new Timer(flush)
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
  return inTask('Stream.debounce', work, 1, true)
}
