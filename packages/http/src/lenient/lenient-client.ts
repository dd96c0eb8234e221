import type { Socket } from 'node:net'
import type { Dispatcher } from 'undici'
import type { HeaderRecord } from '../exchange/outgoing.ts'
import type { Leniency } from '../leniency.ts'
import { LenientReader } from './lenient-reader.ts'

export interface LenientClientOptions {
  readonly tolerate: readonly Leniency[]
  readonly maxHeaderBytes: number
}

/**
 * In undici's place on a socket to a server that does not quite speak HTTP. It serves one request, so that what one answer
 * leaves behind can be taken for nothing of another one.
 */
export class LenientClient {
  readonly #socket: Socket
  readonly #options: LenientClientOptions

  constructor(socket: Socket, options: LenientClientOptions) {
    this.#socket = socket
    this.#options = options
  }

  /** @param request of which the body is none, a text or bytes */
  dispatch(request: Dispatcher.DispatchOptions, handler: LenientHandler): void {
    const socket = this.#socket
    const controller = new SocketController(socket)
    const reader = new LenientReader({ ...this.#options, isHead: request.method === 'HEAD' })
    let over = false
    const fail = (error: Error): void => {
      if (over) return
      over = true
      handler.onResponseError?.(controller, error)
    }
    const take = (bytes: Uint8Array): void => {
      if (over) return
      try {
        for (const event of reader.feed(bytes)) {
          if (event.kind === 'data') handler.onResponseData?.(controller, event.chunk)
          else if (event.kind === 'head') {
            handler.tolerated = reader.tolerated
            const { status, headers, statusText } = event.head
            handler.onResponseStart?.(controller, status, headers, statusText)
          } else end()
        }
      } catch (error) {
        fail(error as Error)
      }
    }
    const end = (): void => {
      over = true
      // Before the response has ended for its reader: nothing may be sent on it again.
      socket.destroy()
      handler.onResponseEnd?.(controller, {})
    }
    socket.on('data', take)
    socket.on('error', fail)
    const finish = (): void => {
      if (over) return
      if (reader.finish()) end()
      else fail(new Error('the connection ended before the response did'))
    }
    socket.on('end', finish)
    socket.on('close', finish)
    handler.onRequestStart?.(controller, {})
    socket.write(headOf(request))
    if (request.body !== undefined && request.body !== null) {
      socket.write(request.body as string | Uint8Array)
    }
    handler.onBodySent()
  }
}

export type LenientHandler = Dispatcher.DispatchHandler & {
  /** Told before the head. */
  tolerated?: ReadonlySet<Leniency> | undefined
  onBodySent(): void
}

function headOf({ origin, path, method, headers, body }: Dispatcher.DispatchOptions): string {
  const { host } = new URL(String(origin))
  const fields: HeaderRecord = { host, connection: 'close', ...(headers as HeaderRecord) }
  const lines = Object.entries(fields).flatMap(([name, value]) =>
    [value].flat().map((each) => `${name}: ${each}\r\n`),
  )
  if (body !== undefined && body !== null) {
    lines.push(`content-length: ${Buffer.byteLength(body as string | Uint8Array)}\r\n`)
  }
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`
}

/** What undici hands out for its own requests. */
class SocketController implements Dispatcher.DispatchController {
  readonly #socket: Socket
  reason: Error | null = null
  aborted = false

  constructor(socket: Socket) {
    this.#socket = socket
  }

  get paused(): boolean {
    return this.#socket.isPaused()
  }

  abort(reason: Error): void {
    this.reason = reason
    this.aborted = true
    this.#socket.destroy()
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }
}
