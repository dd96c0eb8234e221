/** What a line needs of a terminal. */
export interface Terminal {
  readonly columns?: number
  write(text: string): unknown
}

/** One line of a terminal that is drawn over and over, and leaves nothing behind. */
export class LiveLine {
  readonly #terminal: Terminal
  #drawn = ''

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  get width(): number {
    return this.#terminal.columns ?? 80
  }

  draw(line: string): void {
    this.#terminal.write(`${this.#erase()}${line}`)
    this.#drawn = line
  }

  /** Writes a line that stays, above this one. */
  note(text: string): void {
    this.#terminal.write(`${this.#erase()}${text}\n${this.#drawn}`)
  }

  clear(): void {
    if (this.#drawn === '') return
    this.#terminal.write(this.#erase())
    this.#drawn = ''
  }

  /** To the start of what was drawn, and everything from there gone. Made narrower, a terminal wraps what is there. */
  #erase(): string {
    const rows = Math.max(1, Math.ceil(this.#drawn.length / this.width))
    return `\r${rows > 1 ? `\u001B[${rows - 1}A` : ''}\u001B[J`
  }
}
