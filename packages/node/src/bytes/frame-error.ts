import { CorralError } from 'corral'

/**
 * What is wrong with the bytes, in one word; part of the API.
 *
 *   TOO_LONG   a line, a frame or a record is longer than `max`
 *   TRUNCATED  the bytes end in the middle of it
 */
export type FrameErrorCode = 'TOO_LONG' | 'TRUNCATED'

/** Bytes that cannot be split into lines, frames or records. */
export class FrameError extends CorralError {
  declare readonly code: FrameErrorCode

  static {
    this.prototype.name = 'FrameError'
  }
}

/** The bytes of a reader that keeps them end too early. */
export function truncated(api: string, where: string): FrameError {
  return new FrameError('TRUNCATED', `${api}: the bytes end ${where}; read() gives what there is`)
}
