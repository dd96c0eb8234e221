/** What a block needs of a terminal. */
export interface Terminal {
  readonly columns?: number
  readonly rows?: number
  write(text: string): unknown
}

/**
 * Lines at the end of a terminal that are drawn over and over, and leave nothing behind. Between two drawings the
 * cursor stands at their beginning: from there everything is erased, whatever the terminal has wrapped meanwhile because
 * it was made narrower, and the ^C that it echoes is erased too.
 */
export class LiveBlock {
  readonly #terminal: Terminal
  #drawn: readonly string[] = []

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  get width(): number {
    return this.#terminal.columns || 80
  }

  get height(): number {
    return this.#terminal.rows || 24
  }

  /** @param lines shorter than the terminal is wide, and fewer than it is high */
  draw(lines: readonly string[]): void {
    this.#terminal.write(erase + this.#block(lines))
    this.#drawn = lines
  }

  /** Writes a line that stays, above these. */
  note(text: string): void {
    this.#terminal.write(
      `${this.#drawn.length > 0 ? erase : ''}${text}\n${this.#block(this.#drawn)}`,
    )
  }

  clear(): void {
    if (this.#drawn.length === 0) return
    this.#terminal.write(erase)
    this.#drawn = []
  }

  /** The lines, and back to where they begin. */
  #block(lines: readonly string[]): string {
    if (lines.length === 0) return ''
    const up = lines.length > 1 ? `\u001B[${lines.length - 1}A` : ''
    return `${lines.join('\n')}\r${up}`
  }
}

/** To the beginning of the line, and everything from there to the end of the screen gone. */
const erase = '\r\u001B[J'
