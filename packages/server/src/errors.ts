import { STATUS_CODES } from 'node:http'
import { CorralError } from 'corral'
import type { ReplyHeaders } from './transport/transport.ts'

export interface HttpProblemOptions extends ErrorOptions {
  /** Details that the client may read. */
  readonly detail?: string
  /** A URI that identifies the problem type. Default `about:blank`. */
  readonly type?: string
  readonly headers?: ReplyHeaders
  /** Further members of the document, such as `issues`. */
  readonly members?: Readonly<Record<string, unknown>>
}

/**
 * A response that is thrown: the client gets it as `application/problem+json` (RFC 9457). Its cause and its stack stay
 * on the server.
 *
 * @example
 * throw new HttpProblem(404, { detail: 'there is no such order' })
 */
export class HttpProblem extends CorralError {
  declare readonly code: 'HTTP_PROBLEM'
  readonly status: number
  readonly headers: ReplyHeaders
  /** What the client gets. */
  readonly document: Readonly<Record<string, unknown>>

  constructor(status: number, options: HttpProblemOptions = {}) {
    const { detail, type, members } = options
    const title = STATUS_CODES[status] ?? 'Unknown'
    super('HTTP_PROBLEM', `${status} ${detail ?? title}`, options)
    this.status = status
    this.headers = options.headers ?? {}
    this.document = {
      ...(type === undefined ? undefined : { type }),
      title,
      status,
      ...(detail === undefined ? undefined : { detail }),
      ...members,
    }
  }

  /** The same problem with further headers, which win. */
  with(headers: ReplyHeaders): HttpProblem {
    const { status: _status, title: _title, detail, type, ...members } = this.document
    return new HttpProblem(this.status, {
      headers: { ...this.headers, ...headers },
      members,
      ...(typeof detail === 'string' ? { detail } : undefined),
      ...(typeof type === 'string' ? { type } : undefined),
      ...(this.cause === undefined ? undefined : { cause: this.cause }),
    })
  }

  /** What express and fastify look for in an error. */
  get statusCode(): number {
    return this.status
  }

  /** What hono looks for in an error. */
  getResponse(): Response {
    const headers = new Headers({ 'content-type': 'application/problem+json' })
    for (const [name, value] of Object.entries(this.headers)) headers.set(name, String(value))
    // 499 is for the log: there is no client left to read a response.
    return new Response(JSON.stringify(this.document), { status: this.status, headers })
  }

  static {
    this.prototype.name = 'HttpProblem'
  }
}
