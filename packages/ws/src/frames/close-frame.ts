import { refuse } from 'corral/lowlevel'
import { CLOSE, encodeFrame } from './frame.ts'

/** Why a connection has ended. */
export interface CloseInfo {
  /** As in RFC 6455; 1005: the peer gave none, 1006: the connection was lost without a close frame. */
  readonly code: number
  readonly reason: string
}

/** A close frame; what may not be sent (1005, 1006, 1015) becomes a frame without a code. */
export function encodeClose({ code, reason }: CloseInfo): Buffer {
  if (code === 1005 || code === 1006 || code === 1015) return encodeFrame(CLOSE, '')
  const text = Buffer.from(reason).subarray(0, 123)
  const payload = Buffer.allocUnsafe(2 + text.length)
  payload.writeUInt16BE(code, 0)
  payload.set(text, 2)
  return encodeFrame(CLOSE, payload)
}

/** What an application may close a connection with: 1000, 1001, 1003, 1007 to 1014, 3000 to 4999, and at most 123 bytes. */
export function requireClose(where: string, code: number, reason: string): void {
  const known = code >= 1000 && code <= 1014 && ![1002, 1004, 1005, 1006].includes(code)
  if (!Number.isInteger(code) || !(known || (code >= 3000 && code <= 4999))) {
    refuse(`${where}: code`, 'a close code that may be sent (1000, 1001, 3000 to 4999, ...)', code)
  }
  if (typeof reason !== 'string' || Buffer.byteLength(reason) > 123) {
    refuse(`${where}: reason`, 'a string of at most 123 bytes', reason)
  }
}
