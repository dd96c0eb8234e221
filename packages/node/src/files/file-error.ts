import { CorralError } from 'corral'

/**
 * What is wrong with a file, in one word; part of the API.
 *
 *   SPECIAL  it is no ordinary file but a FIFO, a device or a socket: to open one may block a thread for ever
 *   GONE     the folder that was watched was removed
 */
export type FileErrorCode = 'SPECIAL' | 'GONE'

/** A file or a folder that is not what it was taken for. What the system says is thrown as it is. */
export class FileError extends CorralError {
  declare readonly code: FileErrorCode
  readonly path: string

  constructor(code: FileErrorCode, path: string, message: string) {
    super(code, message)
    this.path = path
  }

  static {
    this.prototype.name = 'FileError'
  }
}
