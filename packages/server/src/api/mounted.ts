import { fetchFrom } from '../app/fetch-application.ts'
import type { FetchApp } from '../app/fetch-application.ts'
import type { Reply } from '../reply/reply.ts'
import type { ApiRequest } from './api-request.ts'

/** Another application under a prefix. */
export class Mounted {
  readonly prefix: string
  readonly app: FetchApp

  constructor(prefix: string, app: FetchApp) {
    this.prefix = prefix
    this.app = app
  }

  /** @param search the request's query, with its question mark */
  handle(request: ApiRequest, search: string): Promise<Reply> {
    const rest = request.path.slice(this.prefix.length) || '/'
    return fetchFrom(this.app, request.transport, rest + search)
  }
}
