/** The kinds of frames that are sent: messages in one piece, and control frames. */
export const TEXT = 1
export const BINARY = 2
export const CLOSE = 8
export const PING = 9
export const PONG = 10

/** A frame as a server sends it, unmasked and in one piece. */
export function encodeFrame(opcode: number, payload: string | Uint8Array): Buffer {
  const size = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.byteLength
  const header = size < 126 ? 2 : size < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(header + size)
  frame[0] = 0x80 | opcode
  if (header === 2) frame[1] = size
  else if (header === 4) {
    frame[1] = 126
    frame.writeUInt16BE(size, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(size), 2)
  }
  if (typeof payload === 'string') frame.write(payload, header)
  else frame.set(payload, header)
  return frame
}

/** A message as a frame: text as text, bytes as binary, anything else as JSON. */
export function encodeMessage(data: unknown): Buffer {
  if (typeof data === 'string') return encodeFrame(TEXT, data)
  if (data instanceof Uint8Array) return encodeFrame(BINARY, data)
  return encodeFrame(TEXT, JSON.stringify(data))
}
