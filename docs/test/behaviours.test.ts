import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const page = readFileSync(new URL('../design/behaviours.md', import.meta.url), 'utf8')
const tests = new URL('../../packages/core/test/', import.meta.url)

/** The tests that the page names, each as a file below `test/` and a title. */
const named = [...page.matchAll(/^ {2}- `([\w/.-]+)` (.+)$/gm)].map(
  ([, file = '', title = '']) => ({
    file,
    title,
  }),
)

describe('docs/design/behaviours.md', () => {
  it.each([...Map.groupBy(named, ({ file }) => file)])('names tests that %s has', (file, rows) => {
    const text = readFileSync(new URL(`${file}.test.ts`, tests), 'utf8')
    const titles = new Set(
      [...text.matchAll(/(['"`])((?:\\.|(?!\1)[^\\\n])*)\1/g)].map(([, , title]) => title),
    )
    expect(rows.map(({ title }) => title).filter((title) => !titles.has(title))).toEqual([])
  })

  it('says of each row what holds corral to it, or why it does not apply', () => {
    const rows = page.split(/^- (?=\*\*)/m).slice(1)
    expect(rows.length).toBeGreaterThan(150)
    const bare = rows.filter(
      (row) => !/^ {2}- `/m.test(row) && !/does not apply/.test(row.split('\n\n', 1)[0] ?? ''),
    )
    expect(bare).toEqual([])
  })
})
