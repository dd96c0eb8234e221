/**
 * The kinds of failure in the store and the summary. `dns` no such name, `address` one that is not allowed, `network` no
 * connection or a broken one, `timeout`, `tls`, `protocol` no HTTP, `http` a status that is an error, `body` too large
 * or not decodable, `redirect` too many or in a circle, `robots` the robots.txt cannot be had, `extract` something
 * required is not in the page, `handler` the page handler threw, `item` an item is not what it must be.
 */
export type FailureKind =
  | 'dns'
  | 'address'
  | 'network'
  | 'timeout'
  | 'tls'
  | 'protocol'
  | 'http'
  | 'body'
  | 'redirect'
  | 'robots'
  | 'extract'
  | 'handler'
  | 'item'

/** Why a page could not be had: what is stored, shown and decided on. */
export interface Failure {
  readonly kind: FailureKind
  /** The status, or the code of the error: stable, to be searched for. */
  readonly code: string
  readonly message: string
  /** Whether another try may help. */
  readonly retryable: boolean
}

/** A status that may be another one next time: too slow, too early, too many, or the server's own trouble. */
export function isRetryableStatus(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || (status >= 500 && status <= 599)
}

/** The failure that an answer with this status is. */
export function failureOfStatus(status: number, reason = ''): Failure {
  return {
    kind: 'http',
    code: String(status),
    message: reason === '' ? `status ${status}` : `status ${status} ${reason}`,
    retryable: isRetryableStatus(status),
  }
}

/**
 * Classifies what a request threw, by the codes of @corral/http, Node and undici along its chain of causes. What nobody
 * knows counts as `network` and is retried: giving up on a page for good needs a reason.
 */
export function failureOfError(error: unknown): Failure {
  const chain = causesOf(error)
  const messages = chain.map(messageOf)
  const codes = chain.map(codeOf).filter((code) => code !== undefined)
  const message = (messages.findLast((text) => text !== '') ?? 'no message').slice(0, 500)

  for (const code of codes) {
    const found = classOf(code)
    if (found !== undefined) return { ...found, code, message }
  }
  for (const code of codes) {
    const found = fallbacks.get(code)
    if (found !== undefined) return { ...found, code, message }
  }
  return { kind: 'network', code: codes[0] ?? 'UNKNOWN', message, retryable: true }
}

type Class = Pick<Failure, 'kind' | 'retryable'>

const classes: readonly (readonly [codes: RegExp, class_: Class])[] = [
  [/^(TOO_LARGE|UNDECODABLE|Z_[A-Z_]+)$/, { kind: 'body', retryable: false }],
  [/^ADDRESS_REFUSED$/, { kind: 'address', retryable: false }],
  // EAI_AGAIN is the resolver's own trouble; ENOTFOUND is its answer.
  [/^(ENOTFOUND|EAI_NONAME|EAI_NODATA)$/, { kind: 'dns', retryable: false }],
  [/^EAI_AGAIN$/, { kind: 'dns', retryable: true }],
  [
    /^(TIMEOUT|ETIMEDOUT|ESOCKETTIMEDOUT|UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT)$/,
    { kind: 'timeout', retryable: true },
  ],
  [
    /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_OSSL_|EPROTO$|HOSTNAME_MISMATCH$)/,
    { kind: 'tls', retryable: false },
  ],
  [/^(HPE_|UND_ERR_HEADERS_OVERFLOW$)/, { kind: 'protocol', retryable: false }],
  [/^(E[A-Z]+|UND_ERR_[A-Z_]+)$/, { kind: 'network', retryable: true }],
]

/** What @corral/http calls what it knows no more of: its causes go first. */
const fallbacks: ReadonlyMap<string, Class> = new Map([
  ['DNS', { kind: 'dns', retryable: true }],
  ['TLS', { kind: 'tls', retryable: false }],
  ['PROTOCOL', { kind: 'protocol', retryable: false }],
])

function classOf(code: string): Class | undefined {
  return classes.find(([codes]) => codes.test(code))?.[1]
}

/** The text of an error, without the URL that those of @corral/http end with: a failure is kept beside its URL. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { url } = error as { url?: unknown }
  return typeof url === 'string' ? error.message.replace(`: ${url}`, '') : error.message
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : undefined
}

/** The error, its causes, and of several errors at once (every address of a host was tried) the first. */
function causesOf(error: unknown): unknown[] {
  const chain: unknown[] = []
  for (let at: unknown = error; at !== undefined && at !== null && chain.length < 8;) {
    chain.push(at)
    at = (at as Error).cause ?? (at as Partial<AggregateError>).errors?.[0]
  }
  return chain
}
