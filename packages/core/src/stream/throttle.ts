import { currentScope, WaitQueue, wake } from '../lowlevel.ts'
import { sleep, sleepUntil } from '../scope/sleep.ts'
import { spawn } from '../scope/spawn.ts'
import { END } from './cursor.ts'
import type { End, Source } from './cursor.ts'
import { drain } from './drain.ts'
import { inTask } from './task-stage.ts'
import type { Work } from './task-stage.ts'

export interface ThrottleOptions {
  /** Which of the items that come too soon is given when it is time: the `latest` (default) or the `first`. */
  readonly keep?: 'latest' | 'first'
}

/** At most one item in `ms`: the first at once, then one of those that came meanwhile. */
export function throttling<T>(source: Source<T>, ms: number, keep: 'latest' | 'first'): Source<T> {
  const work: Work<T> = async (stage, scope) => {
    const { clock } = scope.runtime
    const idle = new WaitQueue()
    let due = -Infinity
    let held: T | End = END
    const give = (item: T): void => {
      held = END
      due = clock.now() + ms
      void stage.emit(item, scope)
    }
    /** Gives what is held when it is time, if nothing comes that does so itself. */
    const timer = spawn(
      async (task) => {
        for (;;) {
          if (held === END) await task.enter(() => stage.wait(idle, currentScope()))
          await task.enter(() => sleepUntil(due))
          await task.enter(() => sleep(0)) // what comes at this very moment has come in time
          if (held !== END && clock.now() >= due) give(held)
        }
      },
      { name: 'Stream.throttle: timer' },
    )
    await drain(source, scope, (item) => {
      if (held === END || keep === 'latest') held = item
      if (clock.now() >= due) give(held)
      else if (idle.first !== undefined) wake(idle.first, undefined)
    })
    if (held !== END) give(held)
    timer.cancel()
  }
  return inTask('Stream.throttle', work, 1, true)
}
