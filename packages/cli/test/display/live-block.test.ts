import { describe, expect, test } from 'vitest'
import { LiveBlock } from '../../src/display/live-block.ts'
import { TerminalScreen } from '../terminal-screen.ts'

describe('LiveBlock', () => {
  test('draws over what it drew, and leaves nothing when it is cleared', () => {
    const screen = new TerminalScreen(80)
    screen.write('$ corral\n')
    const block = new LiveBlock(screen)
    block.draw(['a long line', 'another one', 'and one more'])
    expect(screen.lines).toEqual(['$ corral', 'a long line', 'another one', 'and one more'])
    block.draw(['short', 'two'])
    expect(screen.lines).toEqual(['$ corral', 'short', 'two'])
    block.clear()
    block.clear()
    expect(screen.lines).toEqual(['$ corral', ''])
    expect(screen.cursor).toEqual([1, 0])
  })

  test('writes notes above itself', () => {
    const screen = new TerminalScreen(80)
    const block = new LiveBlock(screen)
    block.note('first')
    block.draw(['progress', 'host'])
    block.note('second')
    expect(screen.lines).toEqual(['first', 'second', 'progress', 'host'])
    block.draw(['progress 2'])
    expect(screen.lines).toEqual(['first', 'second', 'progress 2'])
  })

  test('erases what a terminal made narrower has wrapped', () => {
    const screen = new TerminalScreen(30)
    const block = new LiveBlock(screen)
    block.note('note')
    block.draw(['twenty-five characters...', 'and twenty characters'])
    screen.narrow(10)
    expect(screen.lines.length).toBeGreaterThan(5)
    block.draw(['narrow'])
    expect(screen.lines).toEqual(['note', 'narrow'])
  })

  test('erases the ^C that a terminal echoes', () => {
    const screen = new TerminalScreen(30)
    const block = new LiveBlock(screen)
    block.draw(['progress', 'host'])
    screen.write('^C')
    block.clear()
    expect(screen.lines).toEqual([''])
  })

  test('scrolls once at the end of the screen, not with every drawing', () => {
    const screen = new TerminalScreen(30, 5)
    screen.write('1\n2\n3\n4\n')
    const block = new LiveBlock(screen)
    for (let i = 0; i < 10; i++) block.draw([`a${i}`, `b${i}`, `c${i}`])
    expect(screen.lines).toEqual(['1', '2', '3', '4', 'a9', 'b9', 'c9'])
  })

  test('takes a screen of 80 by 24 where the size is not known', () => {
    expect(new LiveBlock({ write: () => true })).toMatchObject({ width: 80, height: 24 })
    const none = { columns: 0, rows: 0, write: () => true }
    expect(new LiveBlock(none)).toMatchObject({ width: 80, height: 24 })
  })
})
