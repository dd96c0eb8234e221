import type { IncomingMessage, ServerResponse } from 'node:http'
import { Future } from 'corral'
import { HttpProblem } from '../errors.ts'
import { NodeTransport } from '../transport/node-transport.ts'
import type { ReplyHeaders } from '../transport/transport.ts'

/**
 * A request that a framework answers. What the engine would answer itself, such as 504, becomes the failure of the
 * work: the framework renders errors in its own form.
 */
export class GuestTransport<T> extends NodeTransport {
  readonly outcome: Future<T> = new Future<T>()
  #problem: { readonly status: number; readonly headers: ReplyHeaders } | undefined

  constructor(incoming: IncomingMessage, outgoing: ServerResponse) {
    super(incoming, outgoing, { readerTimeout: Infinity })
  }

  override head(status: number, headers: ReplyHeaders): void {
    this.#problem = { status, headers }
  }

  override async end(): Promise<void> {
    const { status = 500, headers = {} } = this.#problem ?? {}
    const { 'content-length': _length, 'content-type': _type, ...rest } = headers
    this.fail(new HttpProblem(status, { headers: rest }))
    await this.finished()
  }

  /** Notifies the framework, once. */
  fail(error: unknown): void {
    if (!this.outcome.settled) this.outcome.reject(error)
  }
}
