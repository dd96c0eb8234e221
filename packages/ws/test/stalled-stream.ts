import { Duplex } from 'node:stream'

/** A stream that takes what is written when it is told to. */
export class StalledStream extends Duplex {
  readonly written: Buffer[] = []
  #taken: (() => void) | undefined
  #stalled = true

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written.push(chunk)
    if (this.#stalled && chunk.length > 0) this.#taken = done
    else done()
  }

  /** Takes what was written last; then the next write stalls. */
  release(): void {
    const taken = this.#taken
    this.#taken = undefined
    taken?.()
  }

  /** Takes everything from now on. */
  flow(): void {
    this.#stalled = false
    this.release()
  }

  /** Takes nothing from now on. */
  stall(): void {
    this.#stalled = true
  }

  /** The texts of the frames that were written; all are short. */
  get texts(): string[] {
    const bytes = Buffer.concat(this.written)
    const texts: string[] = []
    for (let at = 0; at < bytes.length;) {
      const short = bytes[at + 1] as number
      const header = short < 126 ? 2 : 4
      const size = short < 126 ? short : bytes.readUInt16BE(at + 2)
      texts.push(bytes.subarray(at + header, at + header + size).toString())
      at += header + size
    }
    return texts
  }
}
