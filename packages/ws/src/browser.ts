import type { SocketLike } from './client/dial.ts'
import { openLive } from './client/open-live.ts'
import type { Live, OpenWebSocketOptions } from './client/open-live.ts'

export type { LiveState } from './client/live-socket.ts'
export type { LiveSocketOptions } from './client/live-socket-options.ts'
export type { Live, OpenWebSocketOptions } from './client/open-live.ts'
export { PlainSocket } from './client/plain-socket.ts'
export { RefusedError, RoomClient } from './client/room-client.ts'
export type { RoomEvent } from './client/room-client.ts'
export type { Positions } from './room/room-log.ts'

/** Dials with the platform's own WebSocket. */
declare const WebSocket: new (url: string, protocols?: string[]) => SocketLike

/**
 * Like `openWebSocket` of the main entry point, on the platform's own `WebSocket`: for browsers.
 *
 * @example
 * const live = await openWebSocket('/chat', { resume: true })
 */
export function openWebSocket<R extends boolean = false>(
  url: string | URL,
  options: OpenWebSocketOptions<R> = {},
): Promise<Live<R>> {
  return openLive(dial, String(url), options)
}

function dial(to: string, protocols: readonly string[]): SocketLike {
  return new WebSocket(to, [...protocols])
}
