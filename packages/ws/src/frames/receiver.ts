import type { Writable } from 'node:stream'
import * as ws from 'ws'

export interface ReceiverOptions {
  readonly isServer: boolean
  readonly maxPayload: number
  readonly maxFragments: number
  readonly maxBufferedChunks: number
}

/**
 * The frame reader of the library `ws`: bytes are written to it, it emits 'message' (data, isBinary), 'ping', 'pong',
 * 'conclude' (code, reason) and 'error', all during the write. The underscored fields say whether a message is half
 * read; a test checks that the library still has them.
 */
export interface FrameReceiver extends Writable {
  readonly _fragmented: number
  readonly _bufferedBytes: number
  readonly _totalPayloadLength: number
}

const { Receiver } = ws as unknown as {
  Receiver: new (options: ReceiverOptions & { readonly extensions: object }) => FrameReceiver
}

/** Shared by all: each would make its own. */
const NONE = {}

export function openReceiver(options: ReceiverOptions): FrameReceiver {
  return new Receiver({ ...options, extensions: NONE })
}

/** Whether the peer has started a message and not finished it. */
export function isHalfRead(receiver: FrameReceiver): boolean {
  return (
    receiver._bufferedBytes > 0 || receiver._fragmented !== 0 || receiver._totalPayloadLength > 0
  )
}

const CODES: Readonly<Record<string, number>> = {
  WS_ERR_INVALID_UTF8: 1007,
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 1009,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 1008,
}

/** The close code for a receiver error: protocol error, unless a limit was exceeded. */
export function closeCodeOf(error: Error): number {
  return CODES[(error as { code?: string }).code ?? ''] ?? 1002
}
