import { fstatSync, writeSync } from 'node:fs'
import { cancellable } from 'corral'
import { OutputError } from './output-error.ts'

/**
 * Prints on stdout. A pipe or a terminal takes it when its reader does; the program ends when all has been taken.
 *
 * @throws OutputError when a file does not take it
 */
export function print(text: string): void {
  isFile ??= isFileLike()
  if (isFile) writeWhole(text)
  else process.stdout.write(text)
}

/**
 * Waits until what was printed has been taken, so that much of it need not be held in memory.
 *
 * Cancellation: it is taken all the same, while the program lasts.
 */
export async function printed(): Promise<void> {
  if (process.stdout.writableLength > 0) await cancellable(taken(process.stdout))
}

/** Settles when all that was written to a stream has been taken, or its reader is gone. */
export function taken(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0 || stream.destroyed) return Promise.resolve()
  return new Promise((resolve) => stream.write('', () => resolve()))
}

let isFile: boolean | undefined

/** Files and devices that are no terminal are written at once. */
function isFileLike(): boolean {
  const stat = fstatSync(stdout)
  return stat.isFile() || (stat.isCharacterDevice() && !process.stdout.isTTY)
}

/** A file that has room for a part takes that part and says how much: a stream of Node would not look. */
function writeWhole(text: string): void {
  const bytes = Buffer.from(text)
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(stdout, bytes, at)
  } catch (error) {
    throw new OutputError(error)
  }
}

const stdout = 1
