import { ByteReader } from '../bytes/byte-reader.ts'

let reader: ByteReader | undefined

/**
 * What this process is given to read. It is read only while somebody waits for it: leaving a loop keeps the rest, a cancelled read stops
 * reading, and a process in which nobody reads can end.
 *
 * @example
 * for await (const line of stdin().lines()) console.log(line.toUpperCase())
 * @see sys.stdin
 */
export function stdin(): ByteReader {
  return (reader ??= new ByteReader(process.stdin, undefined, { onDemand: true }))
}
