/** What the two threads tell each other without a message: neither waits for the other. */
export class SharedPulse {
  readonly buffer: SharedArrayBuffer
  readonly #cells: Float64Array

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(32)) {
    this.buffer = buffer
    this.#cells = new Float64Array(buffer)
  }

  get beats(): number {
    return this.#cells[0] as number
  }

  get beatAt(): number {
    return this.#cells[1] as number
  }

  /** When the watching thread looked last. */
  get watchedAt(): number {
    return this.#cells[2] as number
  }

  /** The processor time of the main thread at its last beat. */
  get cpu(): number {
    return this.#cells[3] as number
  }

  beat(cpu: number): void {
    this.#cells[1] = monotonic()
    this.#cells[3] = cpu
    this.#cells[0] = this.beats + 1
  }

  watched(): void {
    this.#cells[2] = monotonic()
  }
}

/** Milliseconds on a clock that all threads share. */
export function monotonic(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
