import { BINARY, encodeFrame, encodeMessage, TEXT } from '../frames/frame.ts'

/** The type of a connection's messages: text, bytes, either, or values sent as JSON. */
export interface MessageKinds {
  text: string
  binary: Uint8Array
  any: string | Uint8Array
  json: unknown
}

export type MessageKind = keyof MessageKinds

/** A peer's message as the application gets it; or why the connection must be closed. */
export type Decoded =
  | { readonly ok: true; readonly data: unknown }
  | { readonly ok: false; readonly code: number; readonly reason: string }

export function decodeMessage(kind: MessageKind, bytes: Buffer, isBinary: boolean): Decoded {
  if (isBinary) {
    if (kind === 'binary' || kind === 'any') return { ok: true, data: ownBytes(bytes) }
    return { ok: false, code: 1003, reason: 'text only' }
  }
  if (kind === 'binary') return { ok: false, code: 1003, reason: 'binary only' }
  // The receiver has seen that it is UTF-8.
  const text = bytes.toString()
  if (kind !== 'json') return { ok: true, data: text }
  try {
    return { ok: true, data: JSON.parse(text) }
  } catch {
    return { ok: false, code: 1007, reason: 'not JSON' }
  }
}

/** A small message must not retain the whole chunk that it arrived in. */
function ownBytes(bytes: Buffer): Uint8Array {
  return bytes.byteLength * 2 < bytes.buffer.byteLength ? Uint8Array.from(bytes) : bytes
}

export function encodeFor(kind: MessageKind, data: unknown): Buffer {
  if (kind === 'json') return encodeFrame(TEXT, JSON.stringify(data))
  if (kind === 'binary') return encodeFrame(BINARY, data as Uint8Array)
  return encodeMessage(data)
}

/** Whether a value that came in an envelope is a message of this kind. */
export function isOfKind(kind: MessageKind, data: unknown): boolean {
  if (kind === 'json') return true
  if (data instanceof Uint8Array) return kind !== 'text'
  return typeof data === 'string' && kind !== 'binary'
}
