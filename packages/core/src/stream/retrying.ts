import { retry } from '../flow/retry.ts'
import type { RetryOptions } from '../flow/retry.ts'
import type { Opener } from './cursor.ts'
import { drain } from './drain.ts'
import { Relay } from './relay.ts'

/** Walks the source again when it fails. */
export function retrying<T>(source: Opener<T>, policy: RetryOptions): Opener<T> {
  return {
    open: (scope) =>
      new Relay<T>('Stream.retry', scope, 0, (relay) =>
        relay.spawn((scope) =>
          retry(() => drain(source, scope, (item) => relay.emit(item, scope)), policy),
        ),
      ),
  }
}
