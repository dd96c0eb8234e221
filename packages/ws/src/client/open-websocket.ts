import { WebSocket } from 'ws'
import type { SocketLike } from './dial.ts'
import { openLive } from './open-live.ts'
import type { Live, OpenWebSocketOptions } from './open-live.ts'

export interface NodeWebSocketOptions<R extends boolean = boolean> extends OpenWebSocketOptions<R> {
  /** Sent with the request, such as `authorization`. */
  readonly headers?: Readonly<Record<string, string>>
  /** Maximum bytes of a message; the connection is closed beyond it. Default 1 MiB. */
  readonly maxMessageBytes?: number
}

/**
 * Connects to a WebSocket server, and again when the connection is lost: after 1001, 1006, 1011, 1012 and the like, and
 * after 4008 (it was too slow for a room); not after 1000, protocol violations, and the other codes from 4000 on, which
 * are the application's. With `resume` the rooms of `corral.v1` go on where they were. Close it, or leave the block of
 * `await using`.
 *
 * Cancellation: of opening closes the connection again.
 *
 * @throws BrokenError when the first connection fails
 * @example
 * await using live = await openWebSocket('wss://chat.example', { resume: true })
 * for await (const event of live) console.log(event)
 */
export function openWebSocket<R extends boolean = false>(
  url: string | URL,
  options: NodeWebSocketOptions<R> = {},
): Promise<Live<R>> {
  const { headers, maxMessageBytes = 1_048_576 } = options
  const dial = (to: string, protocols: readonly string[]): SocketLike =>
    new WebSocket(to, [...protocols], {
      perMessageDeflate: false,
      maxPayload: maxMessageBytes,
      ...(headers === undefined ? undefined : { headers }),
    })
  return openLive(dial, String(url), options)
}
