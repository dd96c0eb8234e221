import { ByteReader } from '../bytes/byte-reader.ts'

let reader: ByteReader | undefined

/**
 * The standard input of this process. It is read only while a task waits for it: leaving a loop keeps the rest, a
 * cancelled read stops reading, and a process that is not reading can exit.
 *
 * @example
 * for await (const line of stdin().lines()) console.log(line.toUpperCase())
 * @see sys.stdin
 */
export function stdin(): ByteReader {
  return (reader ??= new ByteReader(process.stdin, { onDemand: true }))
}
