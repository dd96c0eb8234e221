import { retry } from '../flow/retry.ts'
import type { RetryOptions } from '../flow/retry.ts'
import type { Source } from './cursor.ts'
import { inTask } from './task-stage.ts'

/** Walks the source again when it fails. */
export function retrying<T>(source: Source<T>, policy: RetryOptions): Source<T> {
  return inTask('Stream.retry', (stage, scope) => retry(() => stage.emitAll(source, scope), policy))
}
