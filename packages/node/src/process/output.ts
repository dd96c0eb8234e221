import type { ByteReader } from '../bytes/byte-reader.ts'
import { ProcessError } from './process-error.ts'

/** The output of a process, collected up to a limit. */
export class Output {
  readonly #chunks: Buffer[] = []
  #size = 0

  /** Reads to the end. @throws ProcessError OUTPUT_LIMIT */
  async collect(reader: ByteReader, api: string, file: string, maxBytes: number): Promise<void> {
    for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) {
      this.#size += chunk.length
      if (this.#size > maxBytes) {
        const message = `${api}: ${file} printed more than ${maxBytes} bytes; give a larger maxBytes, or read it with openProcess`
        throw new ProcessError('OUTPUT_LIMIT', file, message)
      }
      this.#chunks.push(chunk)
    }
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString('utf8')
  }
}

/** The end of its output, for an error message. */
export function lastWords(stderr: string): string {
  const text = stderr.trimEnd()
  if (text === '') return 'it said nothing on stderr'
  return `its last words: ${text.slice(text.lastIndexOf('\n') + 1).slice(-300)}`
}
