import { describe, expect, it } from 'vitest'
import { afterComments, withoutComments } from '../../src/sql/comments.ts'

describe('afterComments', () => {
  it.each([
    ['select 1', 'select 1'],
    ['  \n\tselect 1 -- end', 'select 1 -- end'],
    ['-- a\n--b\r\n;; set x', 'set x'],
    ['/* a */set/* b */x', 'set/* b */x'],
    ['/**/ /***/ -- c\nset', 'set'],
    ['-- all', ''],
    ['/* open', ''],
    ['', ''],
    ['- 1', '- 1'],
    ['/ 1', '/ 1'],
  ])('of %j is %j', (text, rest) => {
    expect(afterComments(text, 'postgres')).toBe(rest)
    expect(afterComments(text, 'sqlite')).toBe(rest)
  })

  it('knows that comments nest, where they do', () => {
    const text = '/* a /* b */ set x */ select'
    expect(afterComments(text, 'postgres')).toBe('select')
    expect(afterComments(text, 'sqlite')).toBe('set x */ select')
  })

  it('knows that a carriage return ends one, where it does', () => {
    expect(afterComments('-- a\rset x', 'postgres')).toBe('set x')
    expect(afterComments('-- a\rset x', 'sqlite')).toBe('')
  })
})

describe('withoutComments', () => {
  it.each([
    ['a -- b\nc', 'a  \nc'],
    ['a/* b */c', 'a c'],
    ['\'--\' "/*" a', '\'--\' "/*" a'],
    ["'it''s -- /*' -- b", "'it''s -- /*'  "],
    ['a /* open', 'a  '],
    ['a - - b / * c', 'a - - b / * c'],
  ])('of %j is %j', (text, plain) => {
    expect(withoutComments(text, 'postgres')).toBe(plain)
    expect(withoutComments(text, 'sqlite')).toBe(plain)
  })

  it('knows what PostgreSQL has', () => {
    expect(withoutComments('a /* /* b */ c */ d -- e\rf', 'postgres')).toBe('a   d  \rf')
    expect(withoutComments(String.raw`e'\' -- ' $a$ -- $$ -- $a$ b$c$--$c$`, 'postgres')).toBe(
      String.raw`e'\' -- ' $a$ -- $$ -- $a$ b$c$ `,
    )
    expect(withoutComments("date'\\' -- a", 'postgres')).toBe("date'\\'  ")
  })

  it('knows what SQLite has', () => {
    expect(withoutComments('a /* /* b */ c */ [--] `/*` -- d\re\nf', 'sqlite')).toBe(
      'a   c */ [--] `/*`  \nf',
    )
  })
})
