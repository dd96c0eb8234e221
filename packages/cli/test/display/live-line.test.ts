import { describe, expect, test } from 'vitest'
import { LiveLine } from '../../src/display/live-line.ts'

/** As much of a terminal as a live line uses: rows that wrap, and the cursor. */
class Screen {
  rows: string[] = ['']
  row = 0
  columns: number

  constructor(columns: number) {
    this.columns = columns
  }

  write(text: string): void {
    for (const [token] of text.matchAll(/\p{Cc}\[\d*[AJ]|\r|\n|\P{Cc}+/gu)) {
      this.#take(token.replace('\u001B[', 'ESC'))
    }
  }

  /** Makes it narrower or wider: what is there wraps anew, the cursor stays at its end. */
  resize(columns: number): void {
    this.columns = columns
    const whole = this.rows.splice(this.row, 1)[0] ?? ''
    const wrapped = whole.match(new RegExp(`.{1,${columns}}`, 'gu')) ?? ['']
    this.rows.splice(this.row, 0, ...wrapped)
    this.row += wrapped.length - 1
  }

  #take(token: string): void {
    const up = /^ESC(\d+)A$/.exec(token)
    if (up !== null) this.row -= Number(up[1])
    else if (token === 'ESCJ') this.rows.splice(this.row, Infinity, '')
    else if (token === '\n') this.rows.splice(++this.row, 0, '')
    else if (token !== '\r') this.rows[this.row] += token
  }
}

describe('LiveLine', () => {
  test('draws over what it drew, and leaves nothing when it is cleared', () => {
    const screen = new Screen(80)
    const line = new LiveLine(screen)
    line.draw('a long line')
    line.draw('short')
    expect(screen.rows).toEqual(['short'])
    line.clear()
    line.clear()
    expect(screen.rows).toEqual([''])
  })

  test('writes notes above itself', () => {
    const screen = new Screen(80)
    const line = new LiveLine(screen)
    line.note('first')
    line.draw('progress')
    line.note('second')
    line.draw('progress 2')
    expect(screen.rows).toEqual(['first', 'second', 'progress 2'])
  })

  test('erases what a terminal made narrower has wrapped', () => {
    const screen = new Screen(30)
    const line = new LiveLine(screen)
    line.note('note')
    line.draw('twenty-five characters...')
    screen.resize(10)
    line.draw('narrow')
    expect(screen.rows).toEqual(['note', 'narrow'])
  })

  test('takes 80 columns where the width is not known', () => {
    expect(new LiveLine({ write: () => true }).width).toBe(80)
  })
})
