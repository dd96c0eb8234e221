import { currentScope } from '../lowlevel.ts'
import { spawn } from '../scope/spawn.ts'
import type { Opener } from './cursor.ts'
import { drain } from './drain.ts'
import { beside } from './relay.ts'
import { openerOf } from './source.ts'
import type { StreamSource } from './source.ts'

/** What ends a stream: work, when it is done, or a source, with its first item. */
export type Stop = (() => unknown) | Exclude<StreamSource<unknown>, () => unknown>

/** Until `stop` has returned, or has given its first item. */
export function takingUntil<T>(source: Opener<T>, stop: Stop): Opener<T> {
  const signal = openerOf<unknown>(
    'Stream.takeUntil: stop',
    typeof stop === 'function' ? () => [stop()] : stop,
  )
  return beside('Stream.takeUntil', async (relay, scope) => {
    const stopper = spawn(() => drain(signal, currentScope(), () => relay.stop()), {
      name: 'Stream.takeUntil: stop',
    })
    await relay.emitAll(source, scope)
    stopper.cancel()
  })
}
