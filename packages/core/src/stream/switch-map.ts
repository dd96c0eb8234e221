import { currentScope, WaitQueue, wakeAll } from '../lowlevel.ts'
import { CancelScope } from '../scope/cancel-scope.ts'
import type { Source } from './cursor.ts'
import { drain } from './drain.ts'
import type { Expand } from './flat-map.ts'
import { inTask } from './task-stage.ts'

/** The items of the latest inner source: a new one cancels the one before it, and begins when that has ended. */
export function switching<T, R>(source: Source<T>, expand: Expand<T, R>): Source<R> {
  return inTask('Stream.switchMap', async (stage, scope) => {
    const line = new WaitQueue()
    let index = 0
    let latest: CancelScope | undefined
    await drain(source, scope, async (item) => {
      latest?.cancel('another item has come')
      if (latest !== undefined) await stage.wait(line, scope)
      const inner = await expand(item, index++)
      const own = new CancelScope()
      latest = own
      stage.spawn(async () => {
        await own.run(() => stage.emitAll(inner, currentScope()))
        latest = undefined
        wakeAll(line, undefined)
      })
    })
  })
}
