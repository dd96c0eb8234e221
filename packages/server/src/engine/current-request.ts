import { MisuseError, TaskLocal } from 'corral'
import type { Transport } from '../transport/transport.ts'
import type { Engine } from './engine.ts'
import type { RequestResources } from './request-resources.ts'

/** The request that the current code runs for. */
export interface CurrentRequest {
  readonly engine: Engine
  readonly transport: Transport
  /** As in the task tree: `POST /users/:id/orders #41`. */
  readonly name: string
  readonly resources: RequestResources
}

export const requestLocal: TaskLocal<CurrentRequest | undefined> = new TaskLocal()

export function currentRequest(api: string): CurrentRequest {
  const current = requestLocal.get()
  if (current !== undefined) return current
  throw new MisuseError(`${api}: no request is under way here; call it from a handler`)
}
