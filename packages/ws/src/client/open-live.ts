import { PROTOCOL } from '../protocol/envelope.ts'
import type { Dial } from './dial.ts'
import type { LiveSocketOptions } from './live-socket-options.ts'
import { PlainSocket } from './plain-socket.ts'
import { RoomClient } from './room-client.ts'

export interface OpenWebSocketOptions<R extends boolean = boolean> extends LiveSocketOptions {
  /** Speak `corral.v1`: messages name their room, and missed ones are sent again. Default false. */
  readonly resume?: R
}

/** The result: plain messages, or rooms that resume. */
export type Live<R extends boolean> = R extends true ? RoomClient : PlainSocket

/** Connects by `dial`. */
export async function openLive<R extends boolean>(
  dial: Dial,
  url: string,
  options: OpenWebSocketOptions<R>,
): Promise<Live<R>> {
  const protocols = options.protocols ?? []
  const live =
    options.resume === true
      ? new RoomClient(dial, url, options, [PROTOCOL, ...protocols])
      : new PlainSocket(dial, url, options, protocols)
  await live.start()
  return live as Live<R>
}
