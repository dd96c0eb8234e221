/** As much of a terminal as the live display uses: rows that wrap and scroll, the cursor, erasing; colours are passed over. */
export class TerminalScreen {
  columns: number
  rows: number
  #lines: string[] = ['']
  #row = 0
  #column = 0
  #colours = 0

  constructor(columns: number, rows = 24) {
    this.columns = columns
    this.rows = rows
  }

  /** What is to be seen, and what has scrolled out of sight above it. */
  get lines(): string[] {
    return this.#lines.map((line) => line.trimEnd())
  }

  /** Colours that were asked for. */
  get colours(): number {
    return this.#colours
  }

  get cursor(): readonly [row: number, column: number] {
    return [this.#row, this.#column]
  }

  write(text: string): void {
    for (const [token] of text.matchAll(/\p{Cc}\[[\d;?]*[a-zA-Z]|\r|\n|\P{Cc}/gu)) {
      if (token === '\r') this.#column = 0
      else if (token === '\n') this.#down()
      else if (token.length > 1) this.#control(token)
      else this.#print(token)
    }
  }

  /** Makes it narrower: what is there wraps anew, the cursor stays at its letter. */
  narrow(columns: number): void {
    this.columns = columns
    const before = this.#lines
    this.#lines = []
    let row = 0
    for (const [index, line] of before.entries()) {
      if (index === this.#row) row = this.#lines.length + Math.floor(this.#column / columns)
      this.#lines.push(...(line.trimEnd().match(new RegExp(`.{1,${columns}}`, 'gu')) ?? ['']))
    }
    this.#row = row
    this.#column %= columns
  }

  #print(letter: string): void {
    if (this.#column >= this.columns) {
      this.#down()
      this.#column = 0
    }
    const line = (this.#lines[this.#row] ?? '').padEnd(this.#column)
    this.#lines[this.#row] = line.slice(0, this.#column) + letter + line.slice(this.#column + 1)
    this.#column++
  }

  #down(): void {
    this.#row++
    this.#column = 0 // as terminals do for programs: onlcr
    if (this.#row === this.#lines.length) this.#lines.push('')
  }

  #control(token: string): void {
    const count = Number(/\d+/.exec(token)?.[0] ?? 1)
    if (token.endsWith('A')) {
      // What has scrolled out of sight cannot be reached.
      this.#row = Math.max(this.#row - count, this.#lines.length - this.rows, 0)
    } else if (token.endsWith('J')) {
      this.#lines[this.#row] = (this.#lines[this.#row] ?? '').slice(0, this.#column)
      this.#lines.splice(this.#row + 1)
    } else if (token.endsWith('m')) {
      this.#colours++
    } else {
      throw new Error(`the screen knows no ${JSON.stringify(token)}`)
    }
  }
}
