import { describe, expect, it } from 'vitest'
import { afterComments } from '../../src/sql/comments.ts'

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
    expect(afterComments(text, true)).toBe(rest)
    expect(afterComments(text, false)).toBe(rest)
  })

  it('knows that comments nest, where they do', () => {
    const text = '/* a /* b */ set x */ select'
    expect(afterComments(text, true)).toBe('select')
    expect(afterComments(text, false)).toBe('set x */ select')
  })
})
