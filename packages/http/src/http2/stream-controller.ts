import { constants } from 'node:http2'
import type { ClientHttp2Stream } from 'node:http2'
import type { Dispatcher } from 'undici'

/** What undici hands out for its own requests, for one on a stream of HTTP/2. */
export class StreamController implements Dispatcher.DispatchController {
  readonly #stream: ClientHttp2Stream
  reason: Error | null = null
  aborted = false

  constructor(stream: ClientHttp2Stream) {
    this.#stream = stream
  }

  get paused(): boolean {
    return this.#stream.isPaused()
  }

  abort(reason: Error): void {
    this.reason = reason
    this.aborted = true
    this.#stream.close(constants.NGHTTP2_CANCEL)
  }

  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
  }
}
