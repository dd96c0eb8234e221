import { requireLimit } from 'corral/lowlevel'
import { FrameError } from './frame-error.ts'

export interface LineOptions {
  /** The longest line in bytes, 1 MiB by default; a longer one is an error. */
  readonly max?: number
}

const NEWLINE = 0x0a

/**
 * Splits bytes into lines. Whole lines are decoded at once, which is safe at any chunk boundary: no UTF-8 character
 * contains a newline. What follows the last newline is kept until its end arrives.
 */
export class LineSplitter {
  readonly #api: string
  readonly #max: number
  /** What was split last, to find the bytes of lines that were not taken. */
  #block: Buffer = Buffer.alloc(0)
  #partial: Buffer[] = []
  #partialSize = 0

  constructor(api: string, { max = 1024 * 1024 }: LineOptions) {
    requireLimit(`${api}: max`, max)
    this.#api = api
    this.#max = max
  }

  /** The lines that end in this chunk. */
  push(chunk: Buffer): string[] {
    const end = chunk.lastIndexOf(NEWLINE) + 1
    if (end === 0) {
      this.#keep(chunk)
      return []
    }
    const head = chunk.subarray(0, end)
    const block = this.#partial.length === 0 ? head : Buffer.concat([...this.#partial, head])
    this.#block = block
    this.#partial = []
    this.#partialSize = 0
    const lines = block.toString('utf8', 0, block.length - 1).split('\n')
    if (block.length > this.#max) for (const line of lines) this.#check(Buffer.byteLength(line))
    if (end < chunk.length) this.#keep(chunk.subarray(end))
    return block.includes(0x0d) ? lines.map(withoutReturn) : lines
  }

  /** The last line, if no newline follows it. */
  end(): string | undefined {
    if (this.#partialSize === 0) return undefined
    const line = Buffer.concat(this.#partial).toString('utf8')
    this.#partial = []
    this.#partialSize = 0
    return withoutReturn(line)
  }

  /** The bytes after the first `taken` lines that `push` returned last. */
  rest(taken: number): Buffer {
    let start = 0
    for (let i = 0; i < taken; i++) start = this.#block.indexOf(NEWLINE, start) + 1
    return Buffer.concat([this.#block.subarray(start), ...this.#partial])
  }

  #keep(part: Buffer): void {
    this.#partialSize += part.length
    this.#check(this.#partialSize)
    this.#partial.push(part)
  }

  #check(size: number): void {
    if (size <= this.#max) return
    throw new FrameError(
      'TOO_LONG',
      `${this.#api}: a line has more than ${this.#max} bytes; give a larger max, or read bytes`,
    )
  }
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}
