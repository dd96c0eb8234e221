import { cancellable, MisuseError, moveOnAfter } from 'corral'
import { requireDuration } from 'corral/lowlevel'
import { Reply } from './reply.ts'
import { toJson } from './to-json.ts'

/** An event as `EventSource` reads it. */
export interface ServerSentEvent {
  /** A string is sent line by line; anything else as JSON. */
  readonly data: unknown
  readonly event?: string
  readonly id?: string
  /** How long the client waits before it reconnects, in milliseconds. */
  readonly retry?: number
}

export interface SseOptions {
  /** How long without an event before a comment is sent, in milliseconds; `Infinity` for never. Default 15 000. */
  readonly keepAlive?: number
}

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  'x-accel-buffering': 'no', // nginx would buffer them
}

/**
 * A response of server-sent events. The next one is requested from the source when the client has taken the last; the
 * source is closed when the client disconnects, and when the server drains, which ends the response cleanly.
 *
 * Cancellation: reaches the waits of the source, which is always closed.
 *
 * @throws MisuseError from the stream, for an `id` or `event` with a line break or NUL
 * @example
 * app.get('/ticks', () => sse(ticks(), { keepAlive: 15_000 }))
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export function sse(source: AsyncIterable<ServerSentEvent>, options: SseOptions = {}): Reply {
  const { keepAlive = 15_000 } = options
  requireDuration('sse: keepAlive', keepAlive)
  const body = { [Symbol.asyncIterator]: () => new EventLines(source, keepAlive) }
  return new Reply(200, HEADERS, body, true)
}

/** The events as text, with a comment when there was none for a while. */
class EventLines implements AsyncIterator<string> {
  readonly #source: AsyncIterator<ServerSentEvent>
  readonly #keepAlive: number
  /** Requested and not here yet. */
  #next: Promise<IteratorResult<ServerSentEvent>> | undefined

  constructor(source: AsyncIterable<ServerSentEvent>, keepAlive: number) {
    this.#source = source[Symbol.asyncIterator]()
    this.#keepAlive = keepAlive
  }

  async next(): Promise<IteratorResult<string>> {
    const asked = (this.#next ??= this.#source.next())
    const wait = await moveOnAfter(this.#keepAlive, () => cancellable(asked))
    if (wait.timedOut) return { done: false, value: ':\n\n' }
    this.#next = undefined
    const { done, value } = wait.value
    if (done) return { done: true, value: undefined }
    return { done: false, value: toLines(value) }
  }

  async return(): Promise<IteratorResult<string>> {
    this.#next?.catch(() => {}) // no longer requested
    await this.#source.return?.()
    return { done: true, value: undefined }
  }
}

function toLines({ data, event, id, retry }: ServerSentEvent): string {
  let text = ''
  if (event !== undefined) text += `event: ${oneLine('event', event)}\n`
  if (id !== undefined) text += `id: ${oneLine('id', id)}\n`
  if (retry !== undefined) text += `retry: ${Math.trunc(retry)}\n`
  const lines = typeof data === 'string' ? data.split(/\r\n|\r|\n/) : [toJson(data)]
  for (const line of lines) text += `data: ${line}\n`
  return `${text}\n`
}

/** User input could otherwise start an event of its own. */
function oneLine(name: string, value: string): string {
  if (/[\r\n\0]/.test(value)) {
    throw new MisuseError(
      `sse: ${name} must be one line without NUL, got ${JSON.stringify(value)} (string)`,
    )
  }
  return value
}
