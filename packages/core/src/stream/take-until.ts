import { currentScope } from '../lowlevel.ts'
import { spawn } from '../scope/spawn.ts'
import type { Opener } from './cursor.ts'
import { drain } from './drain.ts'
import { Relay } from './relay.ts'
import { openerOf } from './source.ts'
import type { StreamSource } from './source.ts'

/** What ends a stream: work, when it is done, or a source, with its first item. */
export type Stop = (() => unknown) | Exclude<StreamSource<unknown>, () => unknown>

/** Until `stop` has returned, or has given its first item. */
export function takingUntil<T>(source: Opener<T>, stop: Stop): Opener<T> {
  const signal = typeof stop === 'function' ? stop : openerOf('Stream.takeUntil: stop', stop)
  const begin = (relay: Relay<T>): void =>
    relay.spawn(async (scope) => {
      const stopper = spawn(
        async () => {
          if (typeof signal !== 'function') return drain(signal, currentScope(), () => relay.stop())
          await signal()
          relay.stop()
        },
        { name: 'Stream.takeUntil: stop' },
      )
      await drain(source, scope, (item) => relay.emit(item, scope))
      stopper.cancel()
    })
  return { open: (scope) => new Relay<T>('Stream.takeUntil', scope, 0, begin) }
}
