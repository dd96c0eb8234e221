import { retry } from '../flow/retry.ts'
import type { RetryOptions } from '../flow/retry.ts'
import type { Opener } from './cursor.ts'
import { beside } from './relay.ts'

/** Walks the source again when it fails. */
export function retrying<T>(source: Opener<T>, policy: RetryOptions): Opener<T> {
  return beside('Stream.retry', (relay, scope) => retry(() => relay.emitAll(source, scope), policy))
}
