import { currentScope } from '../lowlevel.ts'
import { spawn } from '../scope/spawn.ts'
import type { Source } from './cursor.ts'
import { drain } from './drain.ts'
import { sourceOf } from './source.ts'
import type { StreamSource } from './source.ts'
import { inTask } from './task-stage.ts'

/** What ends a stream: work, when it is done, or a source, with its first item. */
export type Stop = (() => unknown) | Exclude<StreamSource<unknown>, () => unknown>

/** Until `stop` has returned, or has given its first item. */
export function takingUntil<T>(source: Source<T>, stop: Stop): Source<T> {
  const signal = sourceOf<unknown>(
    'Stream.takeUntil: stop',
    typeof stop === 'function' ? () => [stop()] : stop,
  )
  return inTask('Stream.takeUntil', async (stage, scope) => {
    const stopper = spawn(() => drain(signal, currentScope(), () => stage.stop()), {
      name: 'Stream.takeUntil: stop',
    })
    await stage.emitAll(source, scope)
    stopper.cancel()
  })
}
